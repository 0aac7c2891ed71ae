using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Core.Wallets.Approvals;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>What a request came to.</summary>
/// <param name="View">The re-rating, or what it would come to.</param>
/// <param name="IsNew">Whether it was created now.</param>
internal sealed record RequestedRerating(ReratingView View, bool IsNew);

/// <summary>Asks for a re-rating, or, as a dry run, what it would come to.</summary>
internal sealed class CreateRerating(
    ReratingStore store, PriceCalls pricing, ReratingPrices prices, ReratingBell bell, IOptions<InsightOptions> options, IdSource ids, TimeProvider time)
{
    private const int MaxModelLength = 256;

    public async Task<Result<RequestedRerating>> ExecuteAsync(Caller caller, MemberReader body, CancellationToken cancellation)
    {
        var isDryRun = body.Flag("dry_run") ?? false;
        var rerating = Read(caller, body, isDryRun);
        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        if (isDryRun)
        {
            return new RequestedRerating(await TryAsync(rerating!, cancellation), IsNew: false);
        }

        return await StoreAsync(rerating!, cancellation);
    }

    private async Task<Result<RequestedRerating>> StoreAsync(StoredRerating asked, CancellationToken cancellation)
    {
        var missed = (await store.AllAsync(asked.OrganisationId, cancellation)).Where(r => r.Missed && r.Id != asked.Id && r.Meets(asked)).ToList();
        var (stored, isNew) = await store.CreateAsync(
            asked with { Warnings = [.. missed.Select(static r => $"Wallets did not take their corrections of '{r.Id}', about some of the same calls: they are told again.")] },
            cancellation);
        if (!isNew && !stored.IsSame(asked))
        {
            return IdTaken.Instance;
        }

        // Calls stay corrected as these said, so this one cannot make good for them: who asks again has their wallets told again.
        foreach (var again in isNew ? missed : [stored])
        {
            _ = await store.TryReopenAsync(again, asked.CreatedUnixMs, cancellation);
        }

        bell.Ring();
        var now = isNew ? stored : (await store.FindAsync(stored.OrganisationId, stored.Id, cancellation)).Value ?? stored;
        return new RequestedRerating(ReratingView.Of(now, []), isNew);
    }

    private StoredRerating? Read(Caller caller, MemberReader body, bool isDryRun)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var id = WalletMembers.Id(body);
        if (id is not null && (id[0] == '.' || id[^1] == '.'))
        {
            body.Problem("id", "must not begin or end with '.'");
        }

        var provider = body.Text("provider", WalletMembers.MaxIdLength);
        var model = body.Text("model", MaxModelLength, required: true);
        if (model is not null && Wildcard.IsPattern(model))
        {
            // Taken as a name it would mean no call at all, and the answer would be that all is well.
            body.Problem("model", "must be one model's name: patterns are not taken here");
        }

        var (from, until) = Window(body, isDryRun, now);
        var note = body.Text("note", WalletMembers.MaxNoteLength, required: !isDryRun);
        var given = Prices(body, provider, model);
        return model is null || from is null || until is null || given is null ? null : new StoredRerating
        {
            Id = id ?? ids.NewId("rr"),
            OrganisationId = caller.OrganisationId,
            Provider = provider,
            Model = model,
            FromUnixMs = from.Value,
            UntilUnixMs = until.Value,
            Prices = given,
            Note = note,
            RequestedBy = caller.PrincipalId,
            CreatedUnixMs = now,
        };
    }

    /// <summary>Calls belong to the moment they arrived: whoever arrived before the end must have ended, or it would be missed and nobody would know.</summary>
    private (long? From, long? Until) Window(MemberReader body, bool isDryRun, long now)
    {
        var (from, until) = (Moment(body, "from"), Moment(body, "to"));
        var latest = now - (isDryRun ? 0 : options.Value.ReratingSettleMinutes * 60_000L);
        if (from >= until)
        {
            body.Problem("to", "must be later than 'from'");
        }
        else if (until > now)
        {
            body.Problem("to", "must not be in the future: calls that are still to come are charged by the price in force");
        }
        else if (until > latest)
        {
            body.Problem("to", $"must be at most {Rfc3339.Format(latest)}: calls that arrived later may be under way, and would be missed; a dry run may go up to now");
        }

        return (from, until);
    }

    private static long? Moment(MemberReader body, string name)
    {
        if (body.Raw(name) is null)
        {
            body.Problem(name, "is required");
        }

        return body.Moment(name);
    }

    private string? Prices(MemberReader body, string? provider, string? model)
    {
        if (body.Raw("prices") is not { } given)
        {
            body.Problem("prices", $"is required: an object of prices, or \"{ReratingPrices.InForce}\"");
            return null;
        }

        var (read, errors) = prices.Read(given, provider, model ?? "");
        foreach (var error in errors)
        {
            body.Problem("prices", $"cannot be charged by: {error}");
        }

        return read;
    }

    /// <summary>Prices all calls again and writes nothing down.</summary>
    private async Task<ReratingView> TryAsync(StoredRerating rerating, CancellationToken cancellation)
    {
        var sums = new Dictionary<(string Wallet, int Period), (long AmountNanoUsd, long Calls)>();
        await foreach (var priced in pricing.ExecuteAsync(rerating, mostCalls: 1, mostCorrected: 1, cancellation))
        {
            rerating = rerating with { Figures = priced.Figures };
            foreach (var call in priced.Corrected)
            {
                AddUpWallets.Add(sums, call);
            }
        }

        var wallets = AddUpWallets.Of(sums);
        return ReratingView.Of(rerating with { Wallets = wallets.Count, Warnings = prices.Warnings(rerating) }, wallets) with { Id = null, State = null };
    }
}
