using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Insight.Rerating;

/// <summary>Books what a wallet's calls of one of its periods were corrected by. A wallet knows a re-rating by its id and period: booking it again changes nothing.</summary>
internal sealed class PostCorrection(ReadWallet wallets, IUsageStore usage, TimeProvider time)
{
    /// <summary>A wallet remembers what was asked of it for three days: who comes back later looks for the line.</summary>
    private const long SurelyRememberedMs = 48 * 3_600_000;

    private const int PageSize = 1000;

    /// <summary>Null when it is booked, now or before; else why it is not, or, where the wallet does not answer, may not be.</summary>
    public async Task<StoredRefusal?> ExecuteAsync(StoredRerating rerating, WalletCorrection correction, CancellationToken cancellation)
    {
        var amountNanoUsd = CorrectedCall.Nano(correction.AmountUsd);

        // Reports what this instance's calls have spent: a refund is better taken from that than credited beside it.
        var reading = await wallets.ExecuteAsync(correction.Wallet, cancellation);
        var periodId = reading.Failed ? null : await PeriodIdAsync(reading.Value, correction, cancellation);
        var failure = reading.Failure;
        if (failure is null && !await IsPostedAsync(rerating, correction.Wallet, periodId, cancellation))
        {
            var command = new WalletCommand.Rerate(rerating.Id, correction.Period, amountNanoUsd) { PeriodId = periodId };
            failure = (await wallets.CommandAsync(
                correction.Wallet, command, new CommandNote(rerating.OrganisationId, rerating.RequestedBy, rerating.Note), cancellation)).Failure;
        }

        return failure is null ? null : new StoredRefusal(correction.Wallet, correction.Period, amountNanoUsd, failure.Code);
    }

    /// <summary>The id of a period that the wallet itself may have forgotten: its statement counts them, and the current one says where the count stands.</summary>
    private async Task<string?> PeriodIdAsync(WalletState state, WalletCorrection correction, CancellationToken cancellation)
    {
        if (correction.Period == state.PeriodNumber || correction.Period == 0)
        {
            return correction.Period == 0 ? null : state.Period.Id;
        }

        var ids = new List<string>();
        await foreach (var line in LinesAsync(new StatementQuery(correction.Wallet) { Kind = StatementEntry.PeriodOpenedKind }, cancellation))
        {
            ids.Add(line.Period);
        }

        // The current one may have begun just now, and not be on the statement yet.
        var current = ids.LastIndexOf(state.Period.Id);
        var index = current < 0 ? correction.Period - 1 : current - (state.PeriodNumber - correction.Period);
        return index >= 0 && index < ids.Count ? ids[index] : null;
    }

    private async Task<bool> IsPostedAsync(StoredRerating rerating, string walletId, string? periodId, CancellationToken cancellation)
    {
        if (time.GetUtcNow().ToUnixTimeMilliseconds() - rerating.PostingUnixMs < SurelyRememberedMs)
        {
            return false;
        }

        var query = new StatementQuery(walletId) { Kind = WalletLines.Rerated, FromUnixMs = rerating.PostingUnixMs };
        await foreach (var line in LinesAsync(query, cancellation))
        {
            if (line.Reference == rerating.Id && (periodId is null || (line.Corrects ?? line.Period) == periodId))
            {
                return true;
            }
        }

        return false;
    }

    private async IAsyncEnumerable<Metering.WalletLine> LinesAsync(
        StatementQuery query, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            var page = await usage.LinesAsync(query with { Limit = PageSize }, cancellation);
            foreach (var line in page)
            {
                yield return line.Line;
            }

            if (page.Count < PageSize)
            {
                yield break;
            }

            query = query with { AfterNumber = page[^1].Number };
        }
    }
}
