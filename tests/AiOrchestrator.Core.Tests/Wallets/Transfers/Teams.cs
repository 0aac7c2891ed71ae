using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Wallets;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Wallets.Transfers;

/// <summary>
/// The product over HTTP with two teams, <c>root → a</c> and <c>root → b</c>, ten dollars each, and people: Alice is a member of a and Bob of
/// b, the lead leads a.
/// </summary>
internal sealed class Teams : IAsyncDisposable
{
    private readonly CoreHost _host;

    private Teams(CoreHost host) => _host = host;

    public string Root => _host.Installation.WalletId;

    public string A { get; private set; } = "";

    public string B { get; private set; } = "";

    public HttpClient Alice { get; private set; } = null!;

    public HttpClient Bob { get; private set; } = null!;

    public HttpClient Lead { get; private set; } = null!;

    public HttpClient Finops { get; private set; } = null!;

    public HttpClient Auditor { get; private set; } = null!;

    public HttpClient Admin => _host.Admin;

    public ManualTime Time => _host.Time;

    public MemoryWalletAuthority Wallets => _host.Wallets;

    public static async Task<Teams> StartAsync()
    {
        var teams = new Teams(await CoreHost.StartAsync());
        teams.A = await teams.WalletAsync("a", teams.Root);
        teams.B = await teams.WalletAsync("b", teams.Root);
        teams.Alice = await teams.KeyAsync("alice", "member", teams.A);
        teams.Bob = await teams.KeyAsync("bob", "member", teams.B);
        teams.Lead = await teams.KeyAsync("lead", "team_lead", teams.A);
        teams.Finops = await teams.KeyAsync("finops", "finops", teams.A);
        teams.Auditor = await teams.KeyAsync("auditor", "auditor", teams.A);
        return teams;
    }

    /// <summary>A text with the wallets' ids in place of their names.</summary>
    public string Body(string text) => text
        .Replace("$root", Root, StringComparison.Ordinal)
        .Replace("$a", A, StringComparison.Ordinal)
        .Replace("$b", B, StringComparison.Ordinal);

    public async Task<HttpClient> KeyAsync(string user, string role, string wallet)
    {
        var created = await Admin.PostAsync(
            "/control/v1/keys", $$"""{"name":"{{user}}","user_id":"{{user}}","role":"{{role}}","wallet_id":"{{wallet}}"}""");
        return _host.ClientFor(created.Json.Text("key"));
    }

    public async Task<string> WalletAsync(string name, string parent, WalletSettings? settings = null)
    {
        var id = $"wal_{name}";
        Assert.True(await Wallets.OpenAsync(id, settings ?? new WalletSettings { LimitNanoUsd = 10_000_000_000 }, CommandNote.None, CancellationToken.None));
        await _host.Documents.CreateAsync(
            WalletPartitions.Wallets(_host.Installation.OrganisationId),
            id,
            StoredDocuments.Bytes(new StoredWallet(id, name, 0, parent), WalletsJson.Default.StoredWallet),
            CancellationToken.None);
        await _host.Services.GetRequiredService<WalletDirectory>().LoadAsync(CancellationToken.None);
        return id;
    }

    /// <summary>A transfer of one dollar from a to b; its id.</summary>
    public async Task<string> RequestAsync(HttpClient caller) =>
        (await caller.PostAsync("/v1/wallet/transfers", Body("""{"from":"$a","to":"$b","amount_usd":"1"}"""))).Json.Text("id");

    public long? Allowance(string walletId) => State(walletId).AllowanceNanoUsd;

    public long? Limit(string walletId) => State(walletId).LimitNanoUsd;

    public WalletState State(string walletId)
    {
        WalletState? state = null;
        Wallets.With(walletId, wallet => state = wallet.Read(Time.UnixMs));
        return state!;
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
