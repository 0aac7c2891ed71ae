using System.Text.Json.Serialization;
using AiOrchestrator.Core.Insight.Rerating;

namespace AiOrchestrator.Core.Insight.Refunds;

/// <summary>How far a refund got, in order.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RefundState>))]
internal enum RefundState
{
    /// <summary>It is asked for; what the call was charged is not known yet, or may still change.</summary>
    [JsonStringEnumMemberName("asked")] Asked,

    /// <summary>What it comes to is known and stays; the wallets are being told.</summary>
    [JsonStringEnumMemberName("giving")] Giving,

    /// <summary>Done, or there was nothing to give back.</summary>
    [JsonStringEnumMemberName("done")] Done,
}

/// <summary>What a call was charged is given back, as it is stored.</summary>
/// <param name="Id">The exchange.</param>
/// <param name="OrganisationId">Whose call it was.</param>
/// <param name="Reason">Why.</param>
/// <param name="AskedUnixMs">When it was asked for, milliseconds since 1970.</param>
internal sealed record Refund(string Id, string OrganisationId, string Reason, long AskedUnixMs)
{
    /// <summary>How far it got.</summary>
    public RefundState State { get; init; }

    /// <summary>What stays charged, nano-dollars.</summary>
    public long KeptNanoUsd { get; init; }

    /// <summary>What every wallet of the call's path gets back, nano-dollars; 0 until it is known.</summary>
    public long AmountNanoUsd { get; init; }

    /// <summary>The wallets, and the periods the call was charged to.</summary>
    public IReadOnlyList<WalletCorrection> Wallets { get; init; } = [];

    /// <summary>What chargeback counts it under; null until it is known.</summary>
    public CorrectedGroup? Group { get; init; }

    /// <summary>When the wallets were told first.</summary>
    public long? GivingUnixMs { get; init; }
}

/// <summary>That a refund is not done.</summary>
/// <param name="OrganisationId">Whose it is.</param>
internal sealed record OpenRefund(string OrganisationId);

/// <summary>The written form of refunds.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Refund))]
[JsonSerializable(typeof(OpenRefund))]
internal sealed partial class RefundsJson : JsonSerializerContext;
