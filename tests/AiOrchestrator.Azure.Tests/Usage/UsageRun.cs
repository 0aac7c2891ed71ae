using System.Globalization;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Azure.Tests;

/// <summary>Calls as they come from the stream on Azure, and everything a store says of them.</summary>
internal static class UsageRun
{
    public static readonly string[] Wallets = ["wal_key", "wal_team", "wal_root"];

    /// <summary>A call as long as calls are, on three wallets.</summary>
    public static StreamEntry Call(int n, long createdUnixMs = Usage.Noon, long costNanoUsd = 1_234_567, string? leaf = null, string model = "gpt-4o-mini")
    {
        var id = new ExchangeId(ExchangeId.FirstAt(createdUnixMs).Value + ((UInt128)0x9E37_79B9_7F4A_7C15 * (uint)(n + 1) % ((UInt128)1 << 80)));
        string[] path = leaf is null ? Wallets : [leaf, .. Wallets[1..]];
        var usage = Event(id, path, createdUnixMs, costNanoUsd, model, n);
        return new StreamEntry(StatementNumbers.OfCall(id, StatementEntry.SettledUnixMs(usage)), usage, Line: null)
        {
            Wallets = [.. path.Select(static (w, i) => new WalletShare(w, 1) { LeaseId = (UInt128)(uint)(i + 1) << 64 })],
        };
    }

    private static UsageEvent Event(ExchangeId id, string[] path, long createdUnixMs, long costNanoUsd, string model, int n) => new()
    {
        Id = id.ToString(),
        CreatedUnixMs = createdUnixMs,
        OrganisationId = "org_1",
        KeyId = "key_01jq8z4c7m",
        Provider = "openai",
        Model = model,
        Status = UsageStatus.Ok,
        RequestId = string.Create(CultureInfo.InvariantCulture, $"req_0af7651916cd43dd8448eb211c80{n:0000}"),
        TraceId = "0af7651916cd43dd8448eb211c80319c",
        InstanceId = "gw-7f4a7c15",
        ConfigurationVersion = 12,
        WalletId = path[0],
        WalletPath = string.Join('/', path),
        Period = "2027-01",
        CostCentre = "4711",
        FeatureId = "chat",
        UserAgent = "OpenAI/Python 1.99.1",
        ClientAddress = "203.0.113.17",
        Endpoint = "chat.completions",
        Dialect = "openai",
        Stream = true,
        WireFormat = "openai",
        RouteReason = "only",
        HttpStatus = 200,
        UpstreamStatus = 200,
        UpstreamRequestId = "req_5e1f0c9b7d",
        FinishReason = "stop",
        Attempts = 1,
        PromptTokens = 812,
        CachedPromptTokens = 512,
        CompletionTokens = 204,
        UsageSource = "reported",
        PromptTokensExpected = 820,
        PromptTokensMax = 3_100,
        CompletionTokensMax = 1_024,
        HoldNanoUsd = 2_000_000,
        CostNanoUsd = costNanoUsd,
        PriceSource = "built-in",
        PriceFrom = "2026-01-01",
        InputUsdPerMillion = "0.15",
        OutputUsdPerMillion = "0.6",
        Choices = 1,
        Messages = 6,
        RequestBytes = 3_400,
        ResponseBytes = 41_000,
        Chunks = 205,
        StartDurableUs = 4_100,
        FirstByteUs = 410_000,
        UpstreamUs = 2_900_000,
        DurationUs = 2_910_000,
    };

    public static UsageBatch Batch(params IEnumerable<StreamEntry> entries) => new(0, [.. entries]);

    /// <summary>All a store can say, as one text.</summary>
    public static async Task<string> FiguresAsync(IUsageStore store)
    {
        var lines = new List<string>();
        foreach (var usage in await store.QueryAsync(new UsageQuery("org_1") { Limit = 1000 }, CancellationToken.None))
        {
            lines.Add($"event {usage.Id} {usage.CostNanoUsd}");
        }

        foreach (var wallet in Wallets)
        {
            foreach (var entry in await store.StatementAsync(new StatementQuery(wallet) { Limit = 1000 }, CancellationToken.None))
            {
                lines.Add($"{wallet} {entry.Number} {entry.Line?.Kind} {entry.Call?.Id} {entry.Call?.CostNanoUsd}");
            }
        }

        await foreach (var row in store.ChargebackAsync(
            new ChargebackQuery("org_1") { GroupBy = [ChargebackGroup.Day, ChargebackGroup.Wallet, ChargebackGroup.Model] }, CancellationToken.None))
        {
            lines.Add($"{string.Join(' ', row.Keys)}: {row.Calls} {row.PromptTokens} {row.CompletionTokens} {row.CostNanoUsd}");
        }

        return string.Join('\n', lines);
    }
}
