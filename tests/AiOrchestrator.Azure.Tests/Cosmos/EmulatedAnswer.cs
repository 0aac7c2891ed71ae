using System.Text.Json;

namespace AiOrchestrator.Azure.Tests.Cosmos;

/// <summary>What the service answers to one operation.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">JSON, or the binary answer to a batch; null: none.</param>
internal sealed record EmulatedAnswer(int Status, ReadOnlyMemory<byte>? Body = null)
{
    public string? ETag { get; init; }

    public int SubStatus { get; init; }

    public string? Continuation { get; init; }

    public int? ItemCount { get; init; }

    /// <summary>A query was run as it stands, and its next pages will be: the SDK has nothing to put together.</summary>
    public bool RunsDirectly { get; init; }

    public double Charge { get; init; } = 1;

    public static EmulatedAnswer NotFound { get; } = Error(404, "NotFound", "Entity with the specified id does not exist in the system.");

    /// <summary>The container or database itself is not there.</summary>
    public static EmulatedAnswer OwnerNotFound { get; } = Error(404, "NotFound", "Owner resource does not exist") with { SubStatus = 1003 };

    public static EmulatedAnswer Conflict { get; } =
        Error(409, "Conflict", "Entity with the specified id already exists in the system.");

    public static EmulatedAnswer PreconditionFailed { get; } =
        Error(412, "PreconditionFailed", "Operation cannot be performed because one of the specified precondition is not met.");

    public bool Succeeded => Status < 400;

    public static EmulatedAnswer BadRequest(string message, int subStatus = 0) => Error(400, "BadRequest", message) with { SubStatus = subStatus };

    public static EmulatedAnswer Error(int status, string code, string message) =>
        new(status, JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string>(StringComparer.Ordinal) { ["code"] = code, ["message"] = message }));

    public static EmulatedAnswer Of(int status, EmulatedItem item, double charge) =>
        new(status, JsonSerializer.SerializeToUtf8Bytes(item.Json)) { ETag = item.ETag, Charge = charge };
}
