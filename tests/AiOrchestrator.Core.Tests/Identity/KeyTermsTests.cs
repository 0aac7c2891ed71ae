using System.Net;
using System.Text;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Identity;

/// <summary>Who a key is for, and what it may do.</summary>
public sealed class KeyTermsTests
{
    private const string Keys = "/control/v1/keys";
    private const string Chat = "/v1/chat/completions";
    private const string Hello = """{"model":"echo","max_tokens":4,"messages":[{"role":"user","content":"hi"}]}""";

    [Fact]
    public async Task Terms_are_shown_as_given_and_taken_away_by_null()
    {
        await using var host = await CoreHost.StartAsync();

        var created = await CreateAsync(
            host, "\"role\":\"finops\",\"user_id\":\"anna@corp.example\",\"allowed_models\":[\"echo\",\"gpt-*\"],\"ip_ranges\":[\"127.0.0.1\",\"2001:DB8::/32\"]");
        var path = $"{Keys}/{created.Json.Text("id")}";
        var shown = await Http.GetAsync(host.Admin, path);
        var bare = await host.Admin.SendAsync(HttpMethod.Patch, path, """{"role":"member","user_id":null,"allowed_models":[],"ip_ranges":null}""");

        const string terms = "\"role\":\"finops\",\"user_id\":\"anna@corp.example\",\"allowed_models\":[\"echo\",\"gpt-*\"],\"ip_ranges\":[\"127.0.0.1/32\",\"2001:db8::/32\"]";
        Assert.Contains(terms, created.Text, StringComparison.Ordinal);
        Assert.Contains(terms, shown.Text, StringComparison.Ordinal);
        Assert.Contains("\"role\":\"member\",\"user_id\":null,\"allowed_models\":null,\"ip_ranges\":null", bare.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"role\":\"king\"", "role")]
    [InlineData("\"role\":null", "role")]
    [InlineData("\"role\":3", "role")]
    [InlineData("\"user_id\":\"two words\"", "user_id")]
    [InlineData("\"user_id\":\"admin\"", "user_id")]
    [InlineData("\"user_id\":\"*\"", "user_id")]
    [InlineData("\"user_id\":\"key_1\"", "user_id")]
    [InlineData("\"user_id\":\"a\\u200bb\"", "user_id")]
    [InlineData("\"user_id\":\"\"", "user_id")]
    [InlineData("\"allowed_models\":\"echo\"", "allowed_models")]
    [InlineData("\"allowed_models\":[\"echo\",7]", "allowed_models[1]")]
    [InlineData("\"allowed_models\":[\"\"]", "allowed_models[0]")]
    [InlineData("\"ip_ranges\":[\"10.0.0.0/8\",\"10.1\"]", "ip_ranges[1]")]
    public async Task Bad_terms_are_400_naming_the_member(string member, string param)
    {
        await using var host = await CoreHost.StartAsync();

        var created = await CreateAsync(host, member);
        var changed = await host.Admin.SendAsync(HttpMethod.Patch, $"{Keys}/{host.Installation.KeyId}", $"{{{member}}}");

        Assert.Equal((HttpStatusCode.BadRequest, param), (created.Status, created.Param));
        Assert.Equal((HttpStatusCode.BadRequest, param), (changed.Status, changed.Param));
    }

    [Fact]
    public async Task A_model_that_is_not_allowed_is_neither_called_nor_listed()
    {
        await using var host = await CoreHost.StartAsync(new() { ["OPENAI_API_KEY"] = "env-secret" });
        var path = $"{Keys}/{host.Installation.KeyId}";

        await host.Admin.SendAsync(HttpMethod.Patch, path, """{"allowed_models":["gpt-4o*"]}""");
        var refused = await host.Caller.PostAsync(Chat, Hello);
        var unknown = await host.Caller.PostAsync(Chat, Hello.Replace("echo", "nothing", StringComparison.Ordinal));
        var listed = (await Http.GetAsync(host.Caller, "/v1/models")).Json.GetProperty("data").EnumerateArray().Select(static m => m.Text("id")).ToList();
        var one = await Http.GetAsync(host.Caller, "/v1/models/echo");
        await host.Admin.SendAsync(HttpMethod.Patch, path, """{"allowed_models":["e*o"]}""");
        var called = await host.Caller.PostAsync(Chat, Hello);

        Assert.Equal((HttpStatusCode.Forbidden, "model_not_allowed", "model"), (refused.Status, refused.Code, refused.Param));
        Assert.Equal((HttpStatusCode.Forbidden, "model_not_allowed"), (unknown.Status, unknown.Code));
        Assert.Contains("gpt-4o-mini", listed);
        Assert.All(listed, static id => Assert.StartsWith("gpt-4o", id, StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.Forbidden, "model_not_allowed"), (one.Status, one.Code));
        Assert.Equal(HttpStatusCode.OK, called.Status);
    }

    [Fact]
    public async Task A_key_opens_only_from_where_it_may()
    {
        await using var host = await CoreHost.StartAsync();
        var path = $"{Keys}/{host.Installation.KeyId}";

        await host.Admin.SendAsync(HttpMethod.Patch, path, """{"ip_ranges":["10.0.0.0/8","::1"]}""");
        var outside = await Http.GetAsync(host.Caller, "/v1/models");
        await host.Admin.SendAsync(HttpMethod.Patch, path, """{"ip_ranges":["10.0.0.0/8","127.0.0.0/8"]}""");
        var inside = await Http.GetAsync(host.Caller, "/v1/models");

        Assert.Equal((HttpStatusCode.Forbidden, "address_not_allowed"), (outside.Status, outside.Code));
        Assert.Equal("false", outside.Message.Headers.GetValues("x-should-retry").Single());
        Assert.Equal(HttpStatusCode.OK, inside.Status);
    }

    [Theory]
    [InlineData("member", false, false)]
    [InlineData("team_lead", false, false)]
    [InlineData("finops", true, false)]
    [InlineData("auditor", true, false)]
    [InlineData("admin", true, true)]
    [InlineData("owner", true, true)]
    public async Task A_role_sees_and_administers(string role, bool seesAll, bool administers)
    {
        await using var host = await CoreHost.StartAsync();
        var key = host.ClientFor((await CreateAsync(host, $"\"role\":\"{role}\"")).Json.Text("key"));
        var other = (await host.Admin.PostAsync("/control/v1/wallets", """{"name":"other","limit_usd":"1"}""")).Json.Text("id");
        host.Usage.Add(TestUsage.Event(1, host.Installation.OrganisationId, host.Installation.KeyId));

        var usage = (await Http.GetAsync(key, "/v1/usage")).Json.GetProperty("data").GetArrayLength();
        var one = await Http.GetAsync(key, $"/v1/usage/{TestUsage.Event(1, "", "").Id}");
        var balance = await Http.GetAsync(key, $"/v1/wallet/balance?wallet={other}");
        var own = await Http.GetAsync(key, "/v1/wallet/balance");
        var control = await Http.GetAsync(key, Keys);

        Assert.Equal(seesAll ? 1 : 0, usage);
        Assert.Equal(seesAll ? HttpStatusCode.OK : HttpStatusCode.NotFound, one.Status);
        Assert.Equal(seesAll ? HttpStatusCode.OK : HttpStatusCode.Forbidden, balance.Status);
        Assert.Equal(host.Installation.WalletId, own.Json.Text("wallet"));
        Assert.Equal(administers ? HttpStatusCode.OK : HttpStatusCode.Forbidden, control.Status);
        Assert.Equal(HttpStatusCode.OK, (await key.PostAsync(Chat, Hello)).Status);
    }

    [Fact]
    public async Task Nobody_rises_above_the_own_role()
    {
        await using var host = await CoreHost.StartAsync();
        var admin = host.ClientFor((await CreateAsync(host, "\"role\":\"admin\"")).Json.Text("key"));
        var owner = $"{Keys}/{(await CreateAsync(host, "\"role\":\"owner\"")).Json.Text("id")}";

        Answer[] denied =
        [
            await CreateAsync(host, "\"role\":\"owner\"", admin),
            await admin.SendAsync(HttpMethod.Patch, $"{Keys}/{host.Installation.KeyId}", """{"role":"owner"}"""),
            await admin.SendAsync(HttpMethod.Patch, owner, """{"name":"mine"}"""),
            await admin.PostAsync($"{owner}/rotate", "{}"),
            await admin.SendAsync(HttpMethod.Delete, owner, null),
        ];
        var given = await CreateAsync(host, "\"role\":\"admin\"", admin);

        Assert.All(denied, static answer => Assert.Equal((HttpStatusCode.Forbidden, "permission_denied"), (answer.Status, answer.Code)));
        Assert.Equal(HttpStatusCode.Created, given.Status);
    }

    [Fact]
    public void A_principal_is_the_user_then_the_key()
    {
        var key = new ApiKey("key_1", "one", "org", "wal", 0, null, null) { Role = Role.TeamLead };

        Assert.Equal(("admin", Role.Owner, true, true), Of(new Caller("org", null)));
        Assert.Equal(("key_1", Role.TeamLead, false, false), Of(new Caller("org", key)));
        Assert.Equal("anna", new Caller("org", key with { UserId = "anna" }).PrincipalId);

        static (string, Role, bool, bool) Of(Caller caller) => (caller.PrincipalId, caller.Role, caller.SeesAll, caller.Administers);
    }

    [Fact]
    public async Task A_key_stored_by_an_earlier_version_is_a_member_without_bounds()
    {
        var documents = new MemoryDocumentStore();
        await documents.CreateAsync(
            "organisations", "org_1", """{"id":"org_1","name":"Default","created_unix_ms":1}"""u8.ToArray(), CancellationToken.None);
        var document = $$"""
            {"id":"key_1","name":"old","wallet_id":"wal_1","secret_sha256":"{{new string('0', 64)}}","created_unix_ms":1,"expires_unix_ms":null,"revoked_unix_ms":null}
            """;
        await documents.CreateAsync("keys:org_1", "key_1", Encoding.UTF8.GetBytes(document), CancellationToken.None);
        using var keys = new KeyDirectory(documents, new ManualTime());

        await keys.LoadAsync(CancellationToken.None);

        var key = keys.Get("org_1", "key_1")!;
        Assert.Equal((Role.Member, null, null, null), (key.Role, key.UserId, key.AllowedModels, key.IpRanges));
        Assert.True(key.AllowsModel("echo") && key.AllowsAddress(null));
    }

    private static Task<Answer> CreateAsync(CoreHost host, string members, HttpClient? client = null) =>
        (client ?? host.Admin).PostAsync(Keys, $$"""{"name":"k","wallet_id":"{{host.Installation.WalletId}}",{{members}}}""");
}
