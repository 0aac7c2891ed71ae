using System.Globalization;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Bench.Money;

/// <summary>Calls as the gateway journals them: sixty-four keys with a wallet each, below one root; texts as long as real ones.</summary>
internal sealed class Calls
{
    private const int Keys = 64;
    private const string Root = "wal_0123456789abcdef";
    private readonly IReadOnlyList<WalletShare>[] _paths;
    private readonly string[] _keys = new string[Keys];
    private readonly string[] _pathTexts = new string[Keys];
    private long _last;

    public Calls()
    {
        _paths = new IReadOnlyList<WalletShare>[Keys];
        for (var i = 0; i < Keys; i++)
        {
            var leaf = string.Create(CultureInfo.InvariantCulture, $"wal_{i:d16}");
            _paths[i] = [new WalletShare(leaf, 11), new WalletShare(Root, 11)];
            _keys[i] = string.Create(CultureInfo.InvariantCulture, $"key_{i:d16}");
            _pathTexts[i] = leaf + "/" + Root;
        }
    }

    /// <summary>The wallets all calls are paid from.</summary>
    public IEnumerable<string> Wallets => _paths.Select(static p => p[0].WalletId).Append(Root);

    /// <summary>The start of the next call.</summary>
    public ExchangeStart Start()
    {
        var n = Interlocked.Increment(ref _last);
        var id = new ExchangeId(ExchangeId.FirstAt(1_800_000_000_000 + (n / 100)).Value | unchecked((ulong)n * 0x9E3779B97F4A7C15));
        return new ExchangeStart(id, _paths[n % Keys], 40_960_000 + (n % 1000)) { OrganisationId = "org_0123456789abcdef", KeyId = _keys[n % Keys] };
    }

    /// <summary>Its end. The event is new each time, as it is in the gateway.</summary>
    public ExchangeSettlement Settlement(in ExchangeStart start)
    {
        var random = unchecked((ulong)start.Id.Value);
        var n = (long)(random % 1000);
        var cost = 1_000_000 + (n * 1001);
        return new ExchangeSettlement(start.Id, start.Wallets, start.HoldNanoUsd, cost, new UsageEvent
        {
            Id = "",
            CreatedUnixMs = start.Id.CreatedUnixMs,
            OrganisationId = start.OrganisationId,
            KeyId = start.KeyId,
            Provider = "openai",
            Model = "gpt-4o",
            RequestId = string.Create(CultureInfo.InvariantCulture, $"req_{start.Id.Value:x32}"),
            TraceId = string.Create(CultureInfo.InvariantCulture, $"{random:x16}{~random:x16}"),
            InstanceId = "ins_0123456789abcdef",
            ConfigurationVersion = 12,
            WalletId = start.Wallets[0].WalletId,
            WalletPath = _pathTexts[Array.IndexOf(_paths, start.Wallets)],
            Period = "2027-01",
            UserAgent = new string("OpenAI/Python 2.15.0"),
            ClientAddress = new string("10.0.0.1"),
            Endpoint = "chat.completions",
            Dialect = "openai",
            Stream = (n & 1) == 0,
            ModelReported = new string("gpt-4o-2024-08-06"),
            WireFormat = "openai",
            RouteReason = "priority",
            HttpStatus = 200,
            UpstreamStatus = 200,
            UpstreamRequestId = string.Create(CultureInfo.InvariantCulture, $"req_{random:x16}{random:x16}"),
            FinishReason = new string("stop"),
            ServiceTier = new string("default"),
            Attempts = 1,
            PromptTokens = 1000 + n,
            CompletionTokens = n,
            UsageSource = "reported",
            PromptTokensExpected = 1100 + n,
            PromptTokensMax = 5000 + n,
            CompletionTokensMax = 4096,
            HoldNanoUsd = start.HoldNanoUsd,
            CostNanoUsd = cost,
            PriceSource = "openai.com/api/pricing",
            PriceFrom = "2024-10-01",
            InputUsdPerMillion = "2.50",
            OutputUsdPerMillion = "10.00",
            Choices = 1,
            Messages = 3,
            RequestBytes = 6000 + n,
            ResponseBytes = 20_000 + n,
            Chunks = n / 2,
            StartDurableUs = 900 + n,
            FirstByteUs = 400_000 + n,
            UpstreamUs = 3_000_000 + n,
            DurationUs = 3_001_000 + n,
        });
    }
}
