using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Core.Wallets.Approvals;
using AiOrchestrator.Core.Wallets.Requests;
using AiOrchestrator.Core.Wallets.Transfers;
using AiOrchestrator.Ledger.Approvals;
using AiOrchestrator.Ledger.Requests;
using AiOrchestrator.Ledger.Transfers;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Core.Tests.Wallets.Approvals;

/// <summary>
/// Two teams of one organisation, each with a project: <c>org → a → a1</c> and <c>org → b → b1</c>, and what carries proposals out, without a
/// host. A <see cref="Crash"/> cuts it off at any call to a store or a wallet; <see cref="RestartAsync"/> makes all of it anew on what was stored.
/// </summary>
internal sealed class ProposalBench
{
    public const string Organisation = "org_1";

    public static readonly string[] WalletIds = ["a", "a1", "b", "b1", "org"];

    private readonly Crash _crash = new();

    public ManualTime Time { get; } = new();

    public MemoryDocumentStore Documents { get; } = new();

    public MemoryWalletAuthority Wallets { get; }

    public ProposalRunner Runner { get; private set; } = null!;

    public ProposalDriver Driver { get; private set; } = null!;

    public SchedulerLog Scheduled { get; } = new();

    public ProposalStore<Transfer> Transfers { get; private set; } = null!;

    public ProposalStore<BudgetRequest> Requests { get; private set; } = null!;

    public DecideProposal<Transfer> DecideTransfer { get; private set; } = null!;

    public DecideProposal<BudgetRequest> DecideRequest { get; private set; } = null!;

    private ProposalBench() => Wallets = new MemoryWalletAuthority(Time);

    public static async Task<ProposalBench> StartAsync()
    {
        var bench = new ProposalBench();
        await bench.Documents.CreateAsync(
            IdentityPartitions.Organisations,
            Organisation,
            StoredDocuments.Bytes(new StoredOrganisation(Organisation, "Test", 0), IdentityJson.Default.StoredOrganisation),
            CancellationToken.None);
        foreach (var (id, parent) in new (string, string?)[] { ("org", null), ("a", "org"), ("a1", "a"), ("b", "org"), ("b1", "b") })
        {
            Assert.True(await bench.Wallets.OpenAsync(id, 1_000, CancellationToken.None));
            await bench.Documents.CreateAsync(
                WalletPartitions.Wallets(Organisation),
                id,
                StoredDocuments.Bytes(new StoredWallet(id, id, 0, parent), WalletsJson.Default.StoredWallet),
                CancellationToken.None);
        }

        await bench.RestartAsync();
        return bench;
    }

    public static Caller Caller(string principal, Role role, string wallet = "org") => new(
        Organisation, new ApiKey($"key_{principal}", principal, Organisation, wallet, 0, null, null) { Role = role, UserId = principal });

    /// <summary>Forgets everything that is not stored, and lets everything work again.</summary>
    public async Task RestartAsync()
    {
        _crash.At = 0;
        var documents = new CrashingStore(Documents, _crash);
        var authority = new CrashingAuthority(Wallets, _crash);
        var directory = new WalletDirectory(Documents);
        await directory.LoadAsync(CancellationToken.None);
        var leases = new LeaseBook(authority, directory, new IdSource(Time), Time, NullLogger<LeaseBook>.Instance);
        var reach = new WalletSight(directory);
        Transfers = new ProposalStore<Transfer>(documents, ProposalsJson.Default.Transfer, "transfers", Time);
        Requests = new ProposalStore<BudgetRequest>(documents, ProposalsJson.Default.BudgetRequest, "budget-requests", Time);
        var notices = new ProposalNotices(NullLogger<ProposalNotices>.Instance);
        var transferWork = new CarryOutTransfer(Transfers, authority, leases, directory, notices, Time);
        var requestWork = new CarryOutRequest(Requests, authority, leases, notices, Time);
        Driver = new ProposalDriver([transferWork, requestWork]);
        Runner = new ProposalRunner(Documents, [transferWork, requestWork], Time, NullLogger<ProposalRunner>.Instance);
        DecideTransfer = new DecideProposal<Transfer>(Transfers, transferWork, Runner, Scheduled, reach, Time);
        DecideRequest = new DecideProposal<BudgetRequest>(Requests, requestWork, Runner, Scheduled, reach, Time);
    }

    /// <summary>Everything stops at the <paramref name="call"/>th call from now on, before or after it took effect.</summary>
    public void CrashAt(int call, bool afterEffect)
    {
        _crash.At = call;
        _crash.AfterEffect = afterEffect;
        _crash.Calls = 0;
    }

    /// <summary>Whether the crash that was ordered has come.</summary>
    public bool HasCrashed => _crash.At > 0 && _crash.Calls >= _crash.At;

    public async Task<Transfer> RequestTransferAsync(string id = "t", string from = "a1", string to = "b1", long amount = 300)
    {
        var now = Time.UnixMs;
        return (await Transfers.CreateAsync(
            Organisation,
            new Transfer
            {
                Id = id,
                From = from,
                To = to,
                AmountNanoUsd = amount,
                RequestedBy = "asker",
                RequestedUnixMs = now,
                ExpiresUnixMs = now + Proposal.MaxOpenMs,
                Level = ApprovalPolicy.Default.For(amount),
                History = [new HistoryLine(now, "asker", "requested", null)],
            },
            CancellationToken.None)).Stored;
    }

    public async Task<BudgetRequest> RequestBudgetAsync(BudgetKind kind, string id = "r", string wallet = "a1", long amount = 300)
    {
        var now = Time.UnixMs;
        return (await Requests.CreateAsync(
            Organisation,
            new BudgetRequest
            {
                Id = id,
                WalletId = wallet,
                Kind = kind,
                AmountNanoUsd = amount,
                RequestedBy = "asker",
                RequestedUnixMs = now,
                ExpiresUnixMs = now + Proposal.MaxOpenMs,
                Level = ApprovalPolicy.Default.For(amount),
                History = [new HistoryLine(now, "asker", "requested", null)],
            },
            CancellationToken.None)).Stored;
    }

    public async Task<Transfer> ReadTransferAsync(string id = "t") => (await Transfers.FindAsync(Organisation, id, CancellationToken.None)).Value!;

    public async Task<BudgetRequest> ReadRequestAsync(string id = "r") => (await Requests.FindAsync(Organisation, id, CancellationToken.None)).Value!;

    /// <summary>The allowances of all wallets in order of id, as <c>a a1 b b1 org</c>; none may have a transfer pending.</summary>
    public string Allowances()
    {
        var states = WalletIds.Select(State).ToList();
        Assert.All(states, static s => Assert.Empty(s.PendingTransfers));
        return string.Join(' ', states.Select(static s => s.AllowanceNanoUsd));
    }

    public WalletState State(string walletId)
    {
        WalletState? state = null;
        Wallets.With(walletId, wallet => state = wallet.Read(Time.UnixMs));
        return state!;
    }

    public static MemberReader NoBody() => RequestBody.Parse("{}"u8.ToArray()).Value!;

    /// <summary>What a scheduler was told.</summary>
    internal sealed class SchedulerLog : IProposalScheduler
    {
        public List<string> Told { get; } = [];

        public ValueTask OpenedAsync(ProposalRef proposal, CancellationToken cancellation) => Note("opened", proposal);

        public ValueTask DecidedAsync(ProposalRef proposal, CancellationToken cancellation) => Note("decided", proposal);

        private ValueTask Note(string what, ProposalRef proposal)
        {
            Told.Add($"{what} {proposal.Kind} {proposal.OrganisationId} {proposal.Id}");
            return ValueTask.CompletedTask;
        }
    }

    /// <summary>Cuts everything off: from the call on that is the <see cref="At"/>th, nothing answers.</summary>
    private sealed class Crash
    {
        public int At { get; set; }

        public bool AfterEffect { get; set; }

        public int Calls { get; set; }

        public async Task<T> AroundAsync<T>(Func<Task<T>> call)
        {
            Calls++;
            if (At > 0 && (Calls > At || (Calls == At && !AfterEffect)))
            {
                throw new IOException("the process has ended");
            }

            var result = await call();
            return At > 0 && Calls == At ? throw new IOException("the process has ended") : result;
        }
    }

    private sealed class CrashingStore(IDocumentStore inner, Crash crash) : IDocumentStore
    {
        public Task<Document?> GetAsync(string partition, string id, CancellationToken cancellation) =>
            crash.AroundAsync(() => inner.GetAsync(partition, id, cancellation));

        public Task<IReadOnlyList<Document>> ListAsync(string partition, string? afterId, int limit, CancellationToken cancellation) =>
            crash.AroundAsync(() => inner.ListAsync(partition, afterId, limit, cancellation));

        public Task<DocumentWrite> CreateAsync(string partition, string id, ReadOnlyMemory<byte> json, CancellationToken cancellation) =>
            crash.AroundAsync(() => inner.CreateAsync(partition, id, json, cancellation));

        public Task<DocumentWrite> ReplaceAsync(string partition, string id, ReadOnlyMemory<byte> json, string? ifMatch, CancellationToken cancellation) =>
            crash.AroundAsync(() => inner.ReplaceAsync(partition, id, json, ifMatch, cancellation));

        public Task<DocumentOutcome> DeleteAsync(string partition, string id, string? ifMatch, CancellationToken cancellation) =>
            crash.AroundAsync(() => inner.DeleteAsync(partition, id, ifMatch, cancellation));

        public Task<DocumentChanges> ChangesAsync(string? sinceMark, CancellationToken cancellation) => inner.ChangesAsync(sinceMark, cancellation);
    }

    private sealed class CrashingAuthority(IWalletAuthority inner, Crash crash) : IWalletAuthority
    {
        public ValueTask<bool> OpenAsync(string walletId, WalletSettings settings, CommandNote note, CancellationToken cancellation) =>
            inner.OpenAsync(walletId, settings, note, cancellation);

        public async ValueTask<WalletCommandOutcome> ApplyAsync(string walletId, WalletCommand command, CommandNote note, CancellationToken cancellation) =>
            await crash.AroundAsync(async () => await inner.ApplyAsync(walletId, command, note, cancellation));

        public ValueTask<LeaseReply?> ExchangeAsync(string walletId, LeaseReport report, CancellationToken cancellation) =>
            inner.ExchangeAsync(walletId, report, cancellation);

        public ValueTask<WalletState?> ReadAsync(string walletId, CancellationToken cancellation) => inner.ReadAsync(walletId, cancellation);

        public ValueTask<WalletOutstanding?> ReadOutstandingAsync(string walletId, CancellationToken cancellation) =>
            inner.ReadOutstandingAsync(walletId, cancellation);

        public ValueTask TickAsync(CancellationToken cancellation) => inner.TickAsync(cancellation);
    }
}
