using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Metering;

/// <summary>What tells a reader whether it can read the rest.</summary>
internal sealed class WireHead
{
    public int V { get; set; }

    public string? Kind { get; set; }
}

/// <summary>A wallet on the path: its id, the number of its period, the lease in hexadecimal.</summary>
internal sealed class WireShare
{
    public string? W { get; set; }

    public int P { get; set; }

    public string? L { get; set; }
}

/// <summary>All members of all kinds; each kind has its own.</summary>
internal sealed class WireEvent
{
    public const string StartKind = "start";
    public const string EndKind = "end";
    public const string LineKind = "line";

    public int V { get; set; } = UsageEnvelope.Version;

    public string? Kind { get; set; }

    /// <summary>Of a start: the exchange.</summary>
    public string? Id { get; set; }

    /// <summary>Of a start: when the request arrived, milliseconds since 1970; the id says the same to who can read it.</summary>
    public long At { get; set; }

    public string? Org { get; set; }

    public string? Key { get; set; }

    public long Hold { get; set; }

    public long Cost { get; set; }

    public List<WireShare>? Wallets { get; set; }

    public UsageEvent? Event { get; set; }

    public long Number { get; set; }

    public WalletLine? Line { get; set; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    GenerationMode = JsonSourceGenerationMode.Default)]
[JsonSerializable(typeof(WireHead))]
[JsonSerializable(typeof(WireEvent))]
[JsonSerializable(typeof(JsonObject))]
internal sealed partial class UsageWireJson : JsonSerializerContext;
