using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Metering;

/// <summary>What travels over an event hub: one of its three members.</summary>
public sealed record UsageMessage
{
    /// <summary>A call was started.</summary>
    public ExchangeStart? Start { get; private init; }

    /// <summary>A call ended, or was refused.</summary>
    public ExchangeSettlement? End { get; private init; }

    /// <summary>A line of a wallet's statement.</summary>
    public NumberedLine? Line { get; private init; }

    /// <summary>A start.</summary>
    public static UsageMessage Of(in ExchangeStart start) => new() { Start = start };

    /// <summary>An end.</summary>
    public static UsageMessage Of(in ExchangeSettlement end) => new() { End = end };

    /// <summary>A line.</summary>
    public static UsageMessage Of(in NumberedLine line) => new() { Line = line };
}

/// <summary>
/// The one written form of what travels over an event hub: UTF-8 JSON, snake case, defaults left out. A member that is added is ignored by older
/// readers; a change that would mislead them gets the next version, which they refuse.
/// </summary>
public static class UsageEnvelope
{
    /// <summary>
    /// Largest form: a hub's smallest limit. What would be larger travels without its longest optional texts (the caller's labels, a
    /// line's note), one after the other until it fits; <c>cut</c> names them. Ids, wallets and amounts are always there.
    /// </summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>The version written, and the highest that is read.</summary>
    public const int Version = 1;

    private const int MaxWallets = 64;
    private const int MaxWalletIdLength = 64;
    private const long MaxUnixMs = 253_402_300_799_999;

    private static readonly HashSet<string> Needed = new(StringComparer.Ordinal)
    {
        "id", "organisation_id", "key_id", "wallet_id", "wallet_path", "status", "usage_source", "period", "kind", "debit", "credit",
    };

    /// <summary>Writes a start.</summary>
    public static byte[] Write(in ExchangeStart start) => Write(new WireEvent
    {
        Kind = WireEvent.StartKind,
        Id = start.Id.ToString(),
        At = start.Id.CreatedUnixMs,
        Org = start.OrganisationId,
        Key = start.KeyId,
        Hold = start.HoldNanoUsd,
        Wallets = Shares(start.Wallets),
    });

    /// <summary>Writes an end.</summary>
    public static byte[] Write(in ExchangeSettlement end) => Write(new WireEvent
    {
        Kind = WireEvent.EndKind,
        Hold = end.HoldNanoUsd,
        Cost = end.CostNanoUsd,
        Wallets = Shares(end.Wallets),
        Event = end.Event,
    });

    /// <summary>Writes a line.</summary>
    public static byte[] Write(in NumberedLine line) => Write(new WireEvent { Kind = WireEvent.LineKind, Number = line.Number, Line = line.Line });

    /// <summary>Reads what was written.</summary>
    /// <param name="body">One event.</param>
    /// <param name="message">What it says.</param>
    /// <param name="reason">Why it cannot be read, for a person; holds nothing of what it says.</param>
    public static bool TryRead(ReadOnlySpan<byte> body, [NotNullWhen(true)] out UsageMessage? message, [NotNullWhen(false)] out string? reason)
    {
        message = null;
        reason = null;
        try
        {
            // The version first: of a newer one nothing else may be as it is known here.
            var head = JsonSerializer.Deserialize(body, UsageWireJson.Default.WireHead);
            reason = head switch
            {
                null or { V: < 1 } => "it is no usage event: it has no version",
                { V: > Version } => string.Create(null, $"its version is {head.V}, this program reads up to {Version}: deploy a newer one, then replay it"),
                { Kind: WireEvent.StartKind or WireEvent.EndKind or WireEvent.LineKind } => null,
                _ => "its kind is not known: deploy a newer program if one wrote it, then replay it",
            };
            message = reason is null ? Read(JsonSerializer.Deserialize(body, UsageWireJson.Default.WireEvent)!, out reason) : null;
        }
        catch (JsonException e)
        {
            // Expected: anybody who may send to the hub can send anything. The path says where; the text would show what was sent.
            reason = string.Create(null, $"it is not JSON of a usage event, at {e.Path ?? "$"}, byte {e.BytePositionInLine ?? 0}");
        }

        return message is not null;
    }

    private static UsageMessage? Read(WireEvent wire, out string? reason)
    {
        if (wire.Kind == WireEvent.LineKind)
        {
            var (number, line) = (wire.Number, wire.Line);
            reason = line is null || number <= 0 ? "it has no line, or no number"
                : line.WalletId.Length is 0 or > MaxWalletIdLength ? "its line names no wallet"
                : line.AtUnixMs is < 0 or > MaxUnixMs ? "its line has no time"
                : null;
            return reason is null ? UsageMessage.Of(new NumberedLine(number, line!)) : null;
        }

        var isStart = wire.Kind == WireEvent.StartKind;
        reason = !ExchangeId.TryParse(isStart ? wire.Id : wire.Event?.Id, out var id) ? "it names no exchange"
            : string.IsNullOrEmpty(isStart ? wire.Org : wire.Event!.OrganisationId) ? "it names no organisation"
            : wire.Hold is < 0 or > NanoUsd.MaxAmount || wire.Cost is < 0 or > NanoUsd.MaxAmount ? "its amounts are out of bounds"
            : wire.Event is { CreatedUnixMs: < 0 or > MaxUnixMs } or { CostNanoUsd: < 0 or > NanoUsd.MaxAmount } ? "its event is out of bounds"
            : null;
        if (reason is not null || !TryReadShares(wire.Wallets ?? [], out var wallets, out reason))
        {
            return null;
        }

        return isStart
            ? UsageMessage.Of(new ExchangeStart(id, wallets, wire.Hold) { OrganisationId = wire.Org, KeyId = wire.Key })
            : UsageMessage.Of(new ExchangeSettlement(id, wallets, wire.Hold, wire.Cost, wire.Event!));
    }

    private static bool TryReadShares(IReadOnlyList<WireShare> wire, out WalletShare[] wallets, out string? reason)
    {
        wallets = new WalletShare[Math.Min(wire.Count, MaxWallets)];
        for (var i = 0; i < wallets.Length; i++)
        {
            var share = wire[i];
            var lease = UInt128.Zero;
            if (share?.W is not { Length: > 0 and <= MaxWalletIdLength } id || share.P < 0
                || (share.L is { } hex && !UInt128.TryParse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out lease)))
            {
                reason = string.Create(null, $"wallet {i} of its path cannot be read");
                return false;
            }

            wallets[i] = new WalletShare(id, share.P) { LeaseId = lease };
        }

        reason = wire.Count > MaxWallets ? "its path has too many wallets" : null;
        return reason is null;
    }

    private static List<WireShare> Shares(IReadOnlyList<WalletShare> wallets)
    {
        var shares = new List<WireShare>(wallets.Count);
        foreach (var wallet in wallets)
        {
            shares.Add(new WireShare
            {
                W = wallet.WalletId,
                P = wallet.Period,
                L = wallet.LeaseId == 0 ? null : wallet.LeaseId.ToString("x", CultureInfo.InvariantCulture),
            });
        }

        return shares;
    }

    private static byte[] Write(WireEvent wire)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(wire, UsageWireJson.Default.WireEvent);
        return body.Length <= MaxBytes ? body : CutDown(body);
    }

    private static byte[] CutDown(byte[] body)
    {
        var root = JsonNode.Parse(body)!.AsObject();
        var cut = new JsonArray();
        root["cut"] = cut;
        while (true)
        {
            var longest = Texts(root).OrderByDescending(static t => t.Length).FirstOrDefault();
            if (longest == default)
            {
                return body;
            }

            _ = longest.Owner.Remove(longest.Name);
            cut.Add((JsonNode)JsonValue.Create(longest.Name)!);
            body = JsonSerializer.SerializeToUtf8Bytes(root, UsageWireJson.Default.JsonObject);
            if (body.Length <= MaxBytes)
            {
                return body;
            }
        }
    }

    private static IEnumerable<(JsonObject Owner, string Name, int Length)> Texts(JsonObject root) =>
        from part in new[] { root["event"], root["line"] }
        where part is not null
        from member in part.AsObject()
        where member.Value?.GetValueKind() == JsonValueKind.String && !Needed.Contains(member.Key)
        select (part.AsObject(), member.Key, member.Value!.GetValue<string>().Length);
}
