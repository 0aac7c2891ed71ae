using Microsoft.OpenApi;

namespace AiOrchestrator.Core.Platform;

/// <summary>
/// What the OpenAPI document says of bodies callers send: a member that may be null may be left out. Types alone do not say so, for an answer's
/// members are there when they are null.
/// </summary>
internal static class RequestSchemas
{
    /// <summary>Takes such members out of those that are required, in every schema that stands in requests and in no answer.</summary>
    public static void LetNullsLack(OpenApiDocument document)
    {
        var (asked, answered) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        foreach (var operation in document.Paths.Values.SelectMany(static p => Each(p.Operations?.Values)))
        {
            Collect(operation.RequestBody?.Content, document, asked);
            foreach (var response in Each(operation.Responses?.Values))
            {
                Collect(response.Content, document, answered);
            }
        }

        foreach (var name in asked.Except(answered, StringComparer.Ordinal))
        {
            if (document.Components?.Schemas?[name] is OpenApiSchema { Required: { } required, Properties: { } properties })
            {
                required.ExceptWith(properties.Where(static p => MayBeNull(p.Value)).Select(static p => p.Key));
            }
        }
    }

    private static bool MayBeNull(IOpenApiSchema schema) =>
        schema.Type?.HasFlag(JsonSchemaType.Null) == true || schema.OneOf?.Any(static s => s.Type == JsonSchemaType.Null) == true;

    private static void Collect(IDictionary<string, OpenApiMediaType>? content, OpenApiDocument document, HashSet<string> names)
    {
        foreach (var media in Each(content?.Values))
        {
            Collect(media.Schema, document, names);
        }
    }

    /// <summary>The names of all schemas that one leads to.</summary>
    private static void Collect(IOpenApiSchema? schema, OpenApiDocument document, HashSet<string> names)
    {
        if (schema is OpenApiSchemaReference { Reference.Id: { } id })
        {
            if (names.Add(id) && document.Components?.Schemas?.TryGetValue(id, out var named) == true)
            {
                Collect(named, document, names);
            }

            return;
        }

        if (schema is not null)
        {
            IEnumerable<IOpenApiSchema?> parts =
                [schema.Items, schema.AdditionalProperties, .. Each(schema.Properties?.Values), .. Each(schema.OneOf), .. Each(schema.AnyOf), .. Each(schema.AllOf)];
            foreach (var part in parts)
            {
                Collect(part, document, names);
            }
        }
    }

    private static IEnumerable<T> Each<T>(IEnumerable<T>? some) => some ?? [];
}
