using System.Net;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Gateway.Caching;

/// <summary>CA-03: whose answers somebody is given.</summary>
public sealed class CacheIsolationTests
{
    [Fact]
    public async Task Teams_do_not_share_and_those_of_a_team_do()
    {
        await using var scene = await CacheScene.StartAsync();
        var (red, blue) = (await WalletAsync(scene, "red", "team"), await WalletAsync(scene, "blue", "team"));
        var keys = new[] { await KeyAsync(scene, red), await KeyAsync(scene, red), await KeyAsync(scene, await WalletAsync(scene, "one", "project", red)), await KeyAsync(scene, blue) };

        var first = await scene.AskAsync("Hello", client: keys[0]);
        Assert.Equal(("miss", "hit", "hit", "miss"), (first.Cache, (await scene.AskAsync("Hello", client: keys[1])).Cache, (await scene.AskAsync("Hello", client: keys[2])).Cache, (await scene.AskAsync("Hello", client: keys[3])).Cache));
        Assert.Equal(red, first.Header("x-cache-namespace"));
    }

    [Fact]
    public async Task A_company_may_share_and_a_team_keep_to_itself()
    {
        await using var scene = await CacheScene.StartAsync("""{"level":"company","share":"company"}""");
        var (red, blue, own) = (await WalletAsync(scene, "red", "team"), await WalletAsync(scene, "blue", "team"), await WalletAsync(scene, "own", "team"));
        await scene.PutAsync("cache/policies", $$"""{"level":"team","subject":"{{own}}","share":"team"}""");

        var first = await scene.AskAsync("Hello", client: await KeyAsync(scene, red));
        Assert.Equal(("company", "hit"), (first.Header("x-cache-namespace"), (await scene.AskAsync("Hello", client: await KeyAsync(scene, blue))).Cache));
        Assert.Equal("miss", (await scene.AskAsync("Hello", client: await KeyAsync(scene, own))).Cache);
    }

    [Fact]
    public async Task A_team_that_shares_shares_with_all_below_it()
    {
        await using var scene = await CacheScene.StartAsync();
        var red = await WalletAsync(scene, "red", "department");
        await scene.PutAsync("cache/policies", $$"""{"level":"team","subject":"{{red}}","share":"team"}""");
        var (one, two) = (await WalletAsync(scene, "one", "team", red), await WalletAsync(scene, "two", "team", red));

        _ = await scene.AskAsync("Hello", client: await KeyAsync(scene, one));
        Assert.Equal("hit", (await scene.AskAsync("Hello", client: await KeyAsync(scene, two))).Cache);
    }

    [Fact]
    public async Task A_user_may_have_answers_alone_whatever_keys_he_has()
    {
        await using var scene = await CacheScene.StartAsync("""{"level":"company","share":"user"}""");
        var (a1, a2, b) = (await KeyAsync(scene, null, "ann"), await KeyAsync(scene, null, "ann"), await KeyAsync(scene, null, "bob"));

        _ = await scene.AskAsync("Hello", client: a1);
        Assert.Equal(("hit", "miss"), ((await scene.AskAsync("Hello", client: a2)).Cache, (await scene.AskAsync("Hello", client: b)).Cache));
    }

    [Fact]
    public async Task Whoever_may_not_call_a_model_is_not_given_its_answer()
    {
        await using var scene = await CacheScene.StartAsync("""{"level":"company","share":"company"}""");
        _ = await scene.AskAsync("Hello");
        var key = await scene.Host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"k","wallet_id":"{{scene.Host.Installation.WalletId}}","allowed_models":["n"]}""");

        var refused = await scene.AskAsync("Hello", client: scene.Host.ClientFor(key.Json.Text("key")));
        Assert.Equal((HttpStatusCode.Forbidden, null), (refused.Message.StatusCode, refused.Cache));
    }

    private static async Task<string> WalletAsync(CacheScene scene, string name, string kind, string? parent = null) =>
        await scene.PutAsync("wallets", $$"""{"name":"{{name}}","kind":"{{kind}}","limit_usd":null,"parent_id":"{{parent ?? scene.Host.Installation.WalletId}}"}""");

    private static async Task<HttpClient> KeyAsync(CacheScene scene, string? wallet, string? user = null)
    {
        var key = await scene.Host.Admin.PostAsync(
            "/control/v1/keys", $$"""{"name":"k","wallet_id":"{{wallet ?? scene.Host.Installation.WalletId}}"{{(user is null ? "" : $",\"user_id\":\"{user}\"")}} }""");
        Assert.True(key.Status == HttpStatusCode.Created, key.Text);
        return scene.Host.ClientFor(key.Json.Text("key"));
    }
}
