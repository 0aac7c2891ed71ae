using System.Text.Json;
using Microsoft.Azure.Cosmos;
using Microsoft.Azure.Cosmos.Serialization.HybridRow;
using Microsoft.Azure.Cosmos.Serialization.HybridRow.IO;
using Microsoft.Azure.Cosmos.Serialization.HybridRow.Layouts;
using Microsoft.Azure.Cosmos.Serialization.HybridRow.RecordIO;
using Microsoft.Azure.Cosmos.Serialization.HybridRow.Schemas;

namespace AiOrchestrator.Azure.Tests.Cosmos;

/// <summary>
/// Transactional batches. The SDK sends them as rows of the binary HybridRow format, by the schemas it carries as a resource of its own, and
/// takes nothing else for an answer.
/// </summary>
internal static class EmulatedBatch
{
    private const int Create = 0;
    private const int Patch = 1;
    private const int Read = 2;
    private const int Delete = 4;
    private const int Replace = 5;
    private const int Upsert = 20;
    private const int MaxOperations = 100;

    private static readonly Namespace Schemas = Namespace.Parse(ReadSchemas());
    private static readonly LayoutResolverNamespace Resolver = new(Schemas);
    private static readonly Layout ResultLayout = Resolver.Resolve(Schemas.Schemas.Find(static s => s.Name == "BatchResult")!.SchemaId);

    /// <summary>All of it or nothing; the first that fails is told, and all others are <c>424</c>.</summary>
    public static async Task<EmulatedAnswer> RunAsync(EmulatedContainer container, string partitionKey, byte[] request)
    {
        var operations = await ReadAsync(request);
        if (operations.Count > MaxOperations)
        {
            return EmulatedAnswer.BadRequest("Batch request has more operations than what is supported");
        }

        var answers = new List<EmulatedAnswer>();
        container.Atomically(() =>
        {
            answers.AddRange(operations.Select(o => o.Run(container, partitionKey)).TakeWhileSucceeding());
            return answers.Count == operations.Count && answers[^1].Succeeded;
        });
        var failed = answers.FindIndex(static a => !a.Succeeded);
        IReadOnlyList<EmulatedAnswer> told = failed < 0
            ? answers
            : [.. operations.Select((_, i) => i == failed ? answers[i] : new EmulatedAnswer(424) { Charge = 0 })];
        return new EmulatedAnswer(failed < 0 ? 200 : 207, await WriteAsync(told)) { Charge = told.Sum(static a => a.Charge) };
    }

    private static IEnumerable<EmulatedAnswer> TakeWhileSucceeding(this IEnumerable<EmulatedAnswer> answers)
    {
        foreach (var answer in answers)
        {
            yield return answer;
            if (!answer.Succeeded)
            {
                yield break;
            }
        }
    }

    private static string ReadSchemas()
    {
        using var stream = typeof(CosmosClient).Assembly.GetManifestResourceStream("Microsoft.Azure.Cosmos.Batch.HybridRowBatchSchemas.json")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static async Task<List<Operation>> ReadAsync(byte[] request)
    {
        var operations = new List<Operation>();
        using var stream = new MemoryStream(request);
        var read = await stream.ReadRecordIOAsync(
            (ReadOnlyMemory<byte> record) =>
            {
                var result = ReadRow(record, out var operation);
                operations.Add(operation);
                return result;
            },
            resizer: new MemorySpanResizer<byte>(request.Length));
        return read == Result.Success ? operations : throw new InvalidDataException($"the batch cannot be read: {read}");
    }

    private static Result ReadRow(ReadOnlyMemory<byte> record, out Operation operation)
    {
        operation = new Operation(-1);
        var row = new RowBuffer(record.Length);
        if (!row.ReadFrom(record.Span, HybridRowVersion.V1, Resolver))
        {
            return Result.Failure;
        }

        var reader = new RowReader(ref row);
        while (reader.Read())
        {
            Result result;
            switch ((string)reader.Path)
            {
                case "operationType":
                    result = reader.ReadInt32(out var kind);
                    operation = operation with { Kind = kind };
                    break;
                case "id":
                    result = reader.ReadString(out string id);
                    operation = operation with { Id = id };
                    break;
                case "ifMatch":
                    result = reader.ReadString(out string ifMatch);
                    operation = operation with { IfMatch = ifMatch };
                    break;
                case "resourceBody":
                    result = reader.ReadBinary(out byte[] body);
                    operation = operation with { Body = EmulatedItem.Parse(body) };
                    break;
                default:
                    result = Result.Success;
                    break;
            }

            if (result != Result.Success)
            {
                return result;
            }
        }

        return Result.Success;
    }

    private static async Task<byte[]> WriteAsync(IReadOnlyList<EmulatedAnswer> answers)
    {
        using var stream = new MemoryStream();
        var written = await stream.WriteRecordIOAsync(
            default,
            (long index, out ReadOnlyMemory<byte> buffer) =>
            {
                buffer = index < answers.Count ? WriteRow(answers[(int)index]) : default;
                return Result.Success;
            });
        return written == Result.Success ? stream.ToArray() : throw new InvalidDataException($"the answer to a batch cannot be written: {written}");
    }

    private static ReadOnlyMemory<byte> WriteRow(EmulatedAnswer answer)
    {
        var row = new RowBuffer(1024 + (answer.Body?.Length ?? 0));
        row.InitLayout(HybridRowVersion.V1, ResultLayout, Resolver);
        var written = RowWriter.WriteBuffer(ref row, answer, WriteFields);
        using var output = new MemoryStream();
        row.WriteTo(output);
        return written == Result.Success ? output.ToArray() : throw new InvalidDataException($"the answer to an operation cannot be written: {written}");
    }

    private static Result WriteFields(ref RowWriter writer, TypeArgument type, EmulatedAnswer answer)
    {
        // Fields follow the order of the schema.
        Result[] results =
        [
            writer.WriteInt32("statusCode", answer.Status),
            writer.WriteInt32("subStatusCode", answer.SubStatus),
            answer.ETag is { } etag ? writer.WriteString("eTag", etag) : Result.Success,
            answer is { Succeeded: true, Body: { } body } ? writer.WriteBinary("resourceBody", body.ToArray()) : Result.Success,
            writer.WriteFloat64("requestCharge", answer.Charge),
        ];
        return Array.Find(results, static r => r != Result.Success);
    }

    private sealed record Operation(int Kind)
    {
        public string Id { get; init; } = "";

        public string? IfMatch { get; init; }

        public JsonElement Body { get; init; }

        public EmulatedAnswer Run(EmulatedContainer container, string partitionKey) => Kind switch
        {
            EmulatedBatch.Create => container.Create(partitionKey, Body),
            EmulatedBatch.Read => container.Read(partitionKey, Id),
            EmulatedBatch.Patch => container.Patch(partitionKey, Id, Body, IfMatch),
            EmulatedBatch.Delete => container.Delete(partitionKey, Id, IfMatch),
            EmulatedBatch.Replace => container.Replace(partitionKey, Id, Body, IfMatch),
            EmulatedBatch.Upsert => container.Upsert(partitionKey, Body, IfMatch),
            _ => EmulatedAnswer.BadRequest($"the operation {Kind} is not emulated in batches"),
        };
    }
}
