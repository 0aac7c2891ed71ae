using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;

namespace AiOrchestrator.Core.Limits;

/// <summary>Creates a limit; it holds for the next request.</summary>
internal sealed class CreateLimit(
    IDocumentStore documents, LimitDirectory limits, KeyDirectory keys, WalletDirectory wallets, IdSource ids, TimeProvider time)
{
    private const int MaxSubjectLength = 200;

    public async Task<Result<LimitDirectory.LimitEntry>> ExecuteAsync(string organisationId, MemberReader body, CancellationToken cancellation)
    {
        var scope = ReadScope(body);
        var subject = body.Text("subject", MaxSubjectLength) ?? Limit.Each;
        if (scope is { } known && subject is not Limit.Each && Unknown(known, organisationId, subject) is { } problem)
        {
            body.Problem("subject", problem);
        }

        var figures = LimitFigures.Read(body);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var stored = figures.On(new StoredLimit(ids.NewId("lim"), scope ?? default, subject, null, null, null, null, now, now));
        LimitFigures.Check(body, stored);
        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        return await limits.ChangeAsync<Result<LimitDirectory.LimitEntry>>(
            async () =>
            {
                var write = await documents.CreateAsync(
                    LimitPartitions.Limits(organisationId), stored.Id, StoredDocuments.Bytes(stored, LimitsJson.Default.StoredLimit), cancellation);

                // 80 random bits: a taken id is a broken random source, not a case to handle.
                return write.ETag is { } etag
                    ? limits.Put(organisationId, stored, etag)
                    : throw new InvalidOperationException($"the new limit's id '{stored.Id}' is taken");
            },
            cancellation);
    }

    private static LimitScope? ReadScope(MemberReader body)
    {
        LimitScope? scope = body.Text("scope", MaxSubjectLength, required: true) switch
        {
            "organisation" => LimitScope.Organisation,
            "wallet" => LimitScope.Wallet,
            "user" => LimitScope.User,
            "key" => LimitScope.Key,
            "model" => LimitScope.Model,
            "provider" => LimitScope.Provider,
            _ => null,
        };
        if (scope is null && body.Raw("scope") is { ValueKind: System.Text.Json.JsonValueKind.String })
        {
            body.Problem("scope", "must be organisation, wallet, user, key, model or provider");
        }

        return scope;
    }

    /// <summary>A subject with a typing error would limit nobody. Users, models and providers may be named before there are any.</summary>
    private string? Unknown(LimitScope scope, string organisationId, string subject) => scope switch
    {
        LimitScope.Organisation when subject != organisationId => "names no organisation of yours; leave it out",
        LimitScope.Key when keys.Get(organisationId, subject) is null => "names no key of this organisation",
        LimitScope.Wallet when wallets.Get(organisationId, subject) is null => "names no wallet of this organisation",
        _ => null,
    };
}

/// <summary>The figures of a limit, as a request gives them; what it leaves out stays as it is.</summary>
internal sealed class LimitFigures
{
    private const long MaxRequests = 1_000_000_000;
    private const long MaxTokens = 1_000_000_000_000;
    private const long MaxCostNanoUsd = 1_000_000_000_000_000_000;

    private readonly (bool Given, long? Value) _perMinute;
    private readonly (bool Given, long? Value) _perDay;
    private readonly (bool Given, long? Value) _tokens;
    private readonly (bool Given, long? Value) _tokensPerDay;
    private readonly (bool Given, long? Value) _costPerDay;
    private readonly (bool Given, long? Value) _burst;

    private LimitFigures(MemberReader body)
    {
        _perMinute = (body.Has("requests_per_minute"), body.Whole("requests_per_minute", 1, MaxRequests));
        _perDay = (body.Has("requests_per_day"), body.Whole("requests_per_day", 1, MaxRequests));
        _tokens = (body.Has("tokens_per_minute"), body.Whole("tokens_per_minute", 1, MaxTokens));
        _tokensPerDay = (body.Has("tokens_per_day"), body.Whole("tokens_per_day", 1, MaxTokens));
        _costPerDay = (body.Has("cost_usd_per_day"), Cost(body, "cost_usd_per_day"));
        _burst = (body.Has("burst"), body.Whole("burst", 1, MaxRequests));
    }

    public static LimitFigures Read(MemberReader body) => new(body);

    public StoredLimit On(StoredLimit limit) => limit with
    {
        RequestsPerMinute = _perMinute.Given ? _perMinute.Value : limit.RequestsPerMinute,
        RequestsPerDay = _perDay.Given ? _perDay.Value : limit.RequestsPerDay,
        TokensPerMinute = _tokens.Given ? _tokens.Value : limit.TokensPerMinute,
        TokensPerDay = _tokensPerDay.Given ? _tokensPerDay.Value : limit.TokensPerDay,
        CostNanoUsdPerDay = _costPerDay.Given ? _costPerDay.Value : limit.CostNanoUsdPerDay,
        Burst = _burst.Given ? _burst.Value : limit.Burst,
    };

    /// <summary>Most that may be spent in a day: more than 0, and so little that it can be counted.</summary>
    public static long? Cost(MemberReader body, string member)
    {
        var cost = body.Usd(member);
        if (cost is < 1 or > MaxCostNanoUsd)
        {
            body.Problem(member, "must be more than 0 and at most 1000000000 US dollars");
        }

        return cost;
    }

    /// <summary>Notes what does not fit together.</summary>
    public static void Check(MemberReader body, StoredLimit limit)
    {
        if ((limit.RequestsPerMinute ?? limit.RequestsPerDay ?? limit.TokensPerMinute ?? limit.TokensPerDay ?? limit.CostNanoUsdPerDay) is null && !body.HasProblems)
        {
            body.Problem("requests_per_minute", "must be given, or requests_per_day, tokens_per_minute, tokens_per_day or cost_usd_per_day");
        }

        if (limit.Burst is not null && limit.RequestsPerMinute is null)
        {
            body.Problem("burst", "needs requests_per_minute");
        }
    }
}
