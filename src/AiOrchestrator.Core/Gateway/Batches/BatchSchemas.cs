using System.Text.Json;
using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>The form of an upload; the OpenAPI document describes it by this.</summary>
internal sealed record FileUpload(string Purpose, string File);

/// <summary>A file in OpenAI's shape.</summary>
internal sealed record FileObject(string Id, string Object, long Bytes, long CreatedAt, string Filename, string Purpose, string? Status, long? ExpiresAt);

/// <summary>What is left of a deleted file, likewise.</summary>
internal sealed record FileDeleted(string Id, string Object, bool Deleted);

/// <summary>What is said of a file that came of a batch.</summary>
internal sealed record OutputFile(long Bytes, long CreatedAt, string Filename, string Status);

/// <summary>A page of files or batches, likewise.</summary>
internal sealed record ObjectList(string Object, IReadOnlyList<JsonElement> Data, string? FirstId, string? LastId, bool HasMore);

/// <summary>What the gateway reads of a batch that is to be begun.</summary>
internal sealed record BatchRequest(string InputFileId, string Endpoint, string CompletionWindow, JsonElement? Metadata);

/// <summary>What may be said when one is ended: nothing.</summary>
internal sealed record BatchCancelRequest;

/// <summary>A batch in OpenAI's shape.</summary>
internal sealed record BatchObject(
    string Id,
    string Object,
    string Endpoint,
    JsonElement? Errors,
    string InputFileId,
    string CompletionWindow,
    string Status,
    string? OutputFileId,
    string? ErrorFileId,
    long CreatedAt,
    BatchRequestCounts? RequestCounts,
    JsonElement? Metadata);

/// <summary>How many calls of a batch there are, and how many are done.</summary>
internal sealed record BatchRequestCounts(long Total, long Completed, long Failed);

/// <summary>The written form of files and batches.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredFile))]
[JsonSerializable(typeof(BatchJob))]
[JsonSerializable(typeof(OutputFile))]
[JsonSerializable(typeof(FileUpload))]
[JsonSerializable(typeof(FileObject))]
[JsonSerializable(typeof(FileDeleted))]
[JsonSerializable(typeof(ObjectList))]
[JsonSerializable(typeof(BatchRequest))]
[JsonSerializable(typeof(BatchCancelRequest))]
[JsonSerializable(typeof(BatchObject))]
[JsonSerializable(typeof(Dictionary<string, JsonElement>))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(long))]
internal sealed partial class BatchesJson : JsonSerializerContext;
