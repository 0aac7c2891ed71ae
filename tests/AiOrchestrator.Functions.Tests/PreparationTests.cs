using AiOrchestrator.Functions.Tests.Hosting;

namespace AiOrchestrator.Functions.Tests;

public sealed class PreparationTests
{
    [Fact]
    public async Task What_is_missing_is_told_and_the_next_request_tries_again()
    {
        await using var host = await HeadHost.StartAsync();
        host.Secrets.Variables.Remove("FIRST");
        var refused = await host.SendAsync(HttpMethod.Get, "/v1/models", null, HeadHost.ApiKey);
        Assert.Equal(503, refused.Status);
        Assert.Contains("\"not_ready\"", refused.Text, StringComparison.Ordinal);
        Assert.Contains("there is no secret at env:FIRST, which AO_BOOTSTRAP_KEY_REF names", refused.Text, StringComparison.Ordinal);
        var ready = await host.SendAsync(HttpMethod.Get, "/ready");
        Assert.Equal(503, ready.Status);
        Assert.Contains("env:FIRST", ready.Text, StringComparison.Ordinal);
        Assert.Equal(200, (await host.SendAsync(HttpMethod.Get, "/health")).Status);

        host.Secrets.Variables["FIRST"] = HeadHost.ApiKey;
        Assert.Equal(200, (await host.SendAsync(HttpMethod.Get, "/v1/models", null, HeadHost.ApiKey)).Status);
        Assert.Equal(200, (await host.SendAsync(HttpMethod.Get, "/ready")).Status);
    }

    [Fact]
    public async Task A_secret_that_cannot_be_a_key_is_named_and_not_shown()
    {
        await using var host = await HeadHost.StartAsync();
        host.Secrets.Variables["ADMIN"] = "too short";
        var refused = await host.SendAsync(HttpMethod.Get, "/control/v1/keys", null, "too short");
        Assert.Equal(503, refused.Status);
        Assert.Contains("cannot be used as a key", refused.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("too short", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_is_told_without_details()
    {
        await using var host = await HeadHost.StartAsync();
        host.Secrets.Broken = true;
        var refused = await host.SendAsync(HttpMethod.Get, "/v1/models", null, HeadHost.ApiKey);
        Assert.Equal(503, refused.Status);
        Assert.Contains("the configuration could not be loaded; the log says why", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reference_of_no_store_is_told()
    {
        await using var host = await HeadHost.StartAsync(static e => e["AO_ADMIN_KEY_REF"] = "vault/admin");
        var refused = await host.SendAsync(HttpMethod.Get, "/v1/models", null, HeadHost.ApiKey);
        Assert.Contains("AO_ADMIN_KEY_REF is 'vault/admin'", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_first_requests_prepare_once()
    {
        await using var host = await HeadHost.StartAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => host.SendAsync(HttpMethod.Get, "/v1/models", null, HeadHost.ApiKey)));
        Assert.All(answers, static a => Assert.Equal(200, a.Status));
        var keys = await host.SendAsync(HttpMethod.Get, "/control/v1/keys", null, HeadHost.AdminKey);
        Assert.Single(keys.Text.Split("\"wallet_id\"")[1..]);
    }
}
