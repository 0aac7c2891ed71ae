using System.Collections.Concurrent;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets.Entities;

/// <summary>
/// Wallets that live as entities, for whoever asks and waits for an answer: a message is signalled, now and then once more, and its answer looked
/// for in the states that can be read. What is read is never older than what was read before.
/// </summary>
/// <param name="entities">The way to the entities.</param>
/// <param name="time">The clock.</param>
/// <param name="ids">Where messages' ids come from.</param>
/// <param name="zones">The time zones.</param>
/// <param name="terms">The bounds leases work within; the same as the entities'.</param>
/// <param name="walletIds">The wallets a tick looks after.</param>
public sealed class EntityWalletAuthority(
    IWalletEntities entities, TimeProvider time, IdSource ids, ITimeZones zones, LeaseTerms terms, Func<IEnumerable<string>> walletIds) : IWalletAuthority
{
    /// <summary>How long a report waits for its answer, milliseconds: the queue for money decides after two seconds, and must know that nobody answers.</summary>
    private const int ReportPatienceMs = 1_500;

    /// <summary>How long an opening or a command does.</summary>
    private const int CommandPatienceMs = 20_000;

    /// <summary>How long a reader waits for a state that is no older than one that was read before.</summary>
    private const int ReadPatienceMs = 2_000;

    /// <summary>Between two looks, milliseconds: first, and at most; each time by more than half as much again.</summary>
    private const int FirstLookMs = 10;
    private const int LongestLookMs = 250;

    /// <summary>When a message is sent again first, milliseconds; then after twice as long each time.</summary>
    private const int FirstRepeatMs = 400;

    private const int MostTicksAtOnce = 16;

    // The newest version of each wallet that was read; wallets are never deleted.
    private readonly ConcurrentDictionary<string, long> _seen = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async ValueTask<bool> OpenAsync(string walletId, WalletSettings settings, CommandNote note, CancellationToken cancellation)
    {
        WalletAuthorityExtensions.EnsureOpenable(walletId, settings, zones);
        var message = Message(WalletMessageKind.Open) with { Settings = settings, Note = note };
        return await CommandAsync(walletId, message, cancellation) != 0;
    }

    /// <inheritdoc/>
    public async ValueTask<WalletCommandOutcome> ApplyAsync(string walletId, WalletCommand command, CommandNote note, CancellationToken cancellation)
    {
        var message = Message(WalletMessageKind.Command) with { Command = command, Note = note };
        return (WalletCommandOutcome)await CommandAsync(walletId, message, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask<LeaseReply?> ExchangeAsync(string walletId, LeaseReport report, CancellationToken cancellation)
    {
        var message = Message(WalletMessageKind.Report) with { Report = report };
        var (answer, state) = await AskAsync(
            walletId, message, ReportPatienceMs, body => body.AnswerTo(report.LeaseId, report.Seq), cancellation);
        return answer.Reply is { PeriodNumber: > 0 } reply
            ? reply with { Period = WalletOf(state).ReadPeriod(reply.PeriodNumber)?.Period ?? default }
            : answer.Reply;
    }

    /// <inheritdoc/>
    public async ValueTask<WalletState?> ReadAsync(string walletId, CancellationToken cancellation)
    {
        if (await ReadNewestAsync(walletId, cancellation) is not { HasWallet: true } state)
        {
            return null;
        }

        // What is due has happened for whoever reads; the entity does it when it is next touched.
        var wallet = WalletOf(state);
        var now = Now();
        if (wallet.PeriodToBegin(askedPeriodNumber: 0, now, zones) is { } begin)
        {
            _ = wallet.Apply(begin, now);
        }

        wallet.Tick(now);
        return wallet.Read(now);
    }

    /// <inheritdoc/>
    public async ValueTask<WalletOutstanding?> ReadOutstandingAsync(string walletId, CancellationToken cancellation)
    {
        if (await ReadNewestAsync(walletId, cancellation) is not { HasWallet: true } state)
        {
            return null;
        }

        var wallet = WalletOf(state);
        return new WalletOutstanding(wallet.ReadLeases(), []) { Reclaimed = wallet.ReadReclaimed() };
    }

    /// <inheritdoc/>
    public async ValueTask TickAsync(CancellationToken cancellation)
    {
        var failures = new ConcurrentQueue<Exception>();
        await Parallel.ForEachAsync(
            walletIds(),
            new ParallelOptions { MaxDegreeOfParallelism = MostTicksAtOnce, CancellationToken = cancellation },
            async (walletId, token) =>
            {
                try
                {
                    await TickAsync(walletId, token);
                }
                catch (Exception failure) when (failure is not OperationCanceledException)
                {
                    // The others are looked after all the same; it is told at the end.
                    failures.Enqueue(failure);
                }
            });
        if (!failures.IsEmpty)
        {
            throw new AggregateException($"Time could not pass for {failures.Count} wallets.", failures);
        }
    }

    private async ValueTask TickAsync(string walletId, CancellationToken cancellation)
    {
        if (await entities.ReadAsync(walletId, cancellation) is { } state && state.DueUnixMs <= Now())
        {
            await entities.SignalAsync(walletId, Message(WalletMessageKind.Tick), cancellation);
        }
    }

    private async Task<int> CommandAsync(string walletId, WalletMessage message, CancellationToken cancellation) =>
        (await AskAsync(walletId, message, CommandPatienceMs, body => body.AnswerTo(message.Id), cancellation)).Answer.Outcome;

    /// <summary>Signals a message and waits for a state that has its answer.</summary>
    /// <exception cref="TimeoutException">None came in time: the message may still be handled.</exception>
    /// <exception cref="IOException">The entities cannot be reached.</exception>
    private async Task<(T Answer, WalletEntityState State)> AskAsync<T>(
        string walletId, WalletMessage message, int patienceMs, Func<WalletEntityBody, T?> find, CancellationToken cancellation)
        where T : struct
    {
        using var patience = new Patience(walletId, patienceMs, time, cancellation);
        try
        {
            await patience.ForAsync(entities.SignalAsync(walletId, message, patience.Token));
            var (since, repeatAtMs, lookedAt) = (time.GetTimestamp(), FirstRepeatMs, 0L);
            for (var delayMs = FirstLookMs; ; delayMs = Math.Min(LongestLookMs, (delayMs * 8 / 5) + 1))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(delayMs), time, patience.Token);
                var state = await patience.ForAsync(entities.ReadAsync(walletId, patience.Token));
                if (state is not null && state.Version != lookedAt)
                {
                    lookedAt = state.Version;
                    See(walletId, state);
                    if (find(WalletEntityBody.Load(state, terms: null)) is { } answer)
                    {
                        return (answer, state);
                    }
                }

                if (time.GetElapsedTime(since).TotalMilliseconds >= repeatAtMs)
                {
                    repeatAtMs = (2 * repeatAtMs) + FirstRepeatMs;
                    await patience.ForAsync(entities.SignalAsync(walletId, message, patience.Token));
                }
            }
        }
        catch (OperationCanceledException) when (patience.IsOver)
        {
            throw patience.Exceeded();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw patience.Failed(failure);
        }
    }

    /// <summary>A state that is no older than any that was read before; null for a wallet that nobody has opened.</summary>
    private async Task<WalletEntityState?> ReadNewestAsync(string walletId, CancellationToken cancellation)
    {
        using var patience = new Patience(walletId, ReadPatienceMs, time, cancellation);
        try
        {
            for (var delayMs = FirstLookMs; ; delayMs = Math.Min(LongestLookMs, (delayMs * 8 / 5) + 1))
            {
                var state = await patience.ForAsync(entities.ReadAsync(walletId, patience.Token));
                if (See(walletId, state))
                {
                    return state;
                }

                await Task.Delay(TimeSpan.FromMilliseconds(delayMs), time, patience.Token);
            }
        }
        catch (OperationCanceledException) when (patience.IsOver)
        {
            throw patience.Exceeded();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw patience.Failed(failure);
        }
    }

    /// <summary>Notes what was read. False where something newer was read before.</summary>
    private bool See(string walletId, WalletEntityState? state) => state is { HasWallet: true }
        ? _seen.AddOrUpdate(walletId, static (_, version) => version, static (_, seen, version) => Math.Max(seen, version), state.Version) == state.Version
        : !_seen.ContainsKey(walletId);

    private Wallet WalletOf(WalletEntityState state) => WalletEntityBody.Load(state, terms).Wallet!;

    private WalletMessage Message(WalletMessageKind kind) => new() { Id = ids.NewLeaseId(), SentAtUnixMs = Now(), Kind = kind };

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>How long is waited for a wallet: until the caller leaves, or for so long.</summary>
    private sealed class Patience : IDisposable
    {
        private readonly string _walletId;
        private readonly int _ms;
        private readonly CancellationToken _caller;
        private readonly CancellationTokenSource _end;
        private readonly CancellationTokenSource _either;

        public Patience(string walletId, int ms, TimeProvider time, CancellationToken caller)
        {
            (_walletId, _ms, _caller) = (walletId, ms, caller);
            _end = new CancellationTokenSource(TimeSpan.FromMilliseconds(ms), time);
            _either = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, caller);
        }

        public CancellationToken Token => _either.Token;

        public bool IsOver => _end.IsCancellationRequested && !_caller.IsCancellationRequested;

        public Task ForAsync(ValueTask asked) => asked.AsTask().WaitAsync(Token);

        public Task<T> ForAsync<T>(ValueTask<T> asked) => asked.AsTask().WaitAsync(Token);

        /// <summary>Whatever the way to the entities throws, callers know it as an authority that does not answer.</summary>
        public IOException Failed(Exception failure) => new($"The wallet '{_walletId}' cannot be reached.", failure);

        public TimeoutException Exceeded() => new($"The wallet '{_walletId}' did not answer within {_ms} ms.");

        public void Dispose()
        {
            _either.Dispose();
            _end.Dispose();
        }
    }
}
