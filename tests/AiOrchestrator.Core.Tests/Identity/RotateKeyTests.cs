using System.Net;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Identity;

public sealed class RotateKeyTests
{
    [Fact]
    public async Task A_rotation_ends_the_old_secret_at_once()
    {
        await using var host = await CoreHost.StartAsync();

        var rotated = await RotateAsync(host, "{}");

        Assert.Equal(HttpStatusCode.OK, rotated.Status);
        Assert.Equal(host.Installation.KeyId, rotated.Json.Text("id"));
        Assert.Equal("no-store", rotated.Message.Headers.CacheControl?.ToString());
        var secret = rotated.Json.Text("key");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host, secret));
        var old = await Http.GetAsync(host.Caller, "/v1/models");
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_api_key", "The API key was rotated: use the new one."), (old.Status, old.Code, old.ErrorText));
        Assert.DoesNotContain(secret, host.Documents.AllText(), StringComparison.Ordinal);
        Assert.DoesNotContain(secret, (await Http.GetAsync(host.Admin, $"/control/v1/keys/{host.Installation.KeyId}")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_secrets_work_for_the_time_of_grace_and_not_a_moment_longer()
    {
        await using var host = await CoreHost.StartAsync();

        var rotated = await RotateAsync(host, """{"grace_s":60}""");

        Assert.Equal("2027-01-15T08:01:00.000Z", rotated.Json.Text("previous_secret_until"));
        host.Time.Advance(TimeSpan.FromMilliseconds(59_999));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host, CoreHost.ApiKey));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host, rotated.Json.Text("key")));
        host.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(host, CoreHost.ApiKey));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host, rotated.Json.Text("key")));
        Assert.Contains(
            "\"previous_secret_until\":null",
            (await Http.GetAsync(host.Admin, $"/control/v1/keys/{host.Installation.KeyId}")).Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Never_more_than_two_secrets_open_a_key()
    {
        await using var host = await CoreHost.StartAsync();

        var second = (await RotateAsync(host, """{"grace_s":600}""")).Json.Text("key");
        var third = (await RotateAsync(host, """{"grace_s":600}""")).Json.Text("key");

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(host, CoreHost.ApiKey));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host, second));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host, third));
    }

    [Fact]
    public async Task Grace_survives_a_restart_and_a_change_and_ends_with_the_key()
    {
        await using var host = await CoreHost.StartAsync();
        var path = $"/control/v1/keys/{host.Installation.KeyId}";
        await RotateAsync(host, """{"grace_s":600}""");

        await host.Admin.SendAsync(HttpMethod.Patch, path, """{"name":"renamed"}""");
        using var reloaded = new Core.Identity.KeyDirectory(host.Documents, host.Time);
        await reloaded.LoadAsync(CancellationToken.None);
        Assert.Equal(Core.Identity.KeyOutcome.Live, reloaded.Find(CoreHost.ApiKey).Outcome);

        await host.Admin.SendAsync(HttpMethod.Delete, path, null);
        Assert.Equal("The API key was revoked.", (await Http.GetAsync(host.Caller, "/v1/models")).ErrorText);
        var again = await RotateAsync(host, "{}");
        Assert.Equal((HttpStatusCode.Conflict, "key_revoked"), (again.Status, again.Code));
    }

    [Theory]
    [InlineData("""{"grace_s":-1}""", "grace_s")]
    [InlineData("""{"grace_s":604801}""", "grace_s")]
    [InlineData("""{"grace_s":"1"}""", "grace_s")]
    [InlineData("""{"grace":1}""", "grace")]
    public async Task Bad_input_is_400_and_changes_nothing(string json, string param)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await RotateAsync(host, json);

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host, CoreHost.ApiKey));
    }

    [Fact]
    public async Task A_key_nobody_has_is_404_and_an_old_tag_412()
    {
        await using var host = await CoreHost.StartAsync();

        var nobody = await host.Admin.PostAsync("/control/v1/keys/key_nobody/rotate", "{}");
        var late = await host.Admin.SendAsync(HttpMethod.Post, $"/control/v1/keys/{host.Installation.KeyId}/rotate", "{}", "\"old\"");

        Assert.Equal((HttpStatusCode.NotFound, "key_not_found"), (nobody.Status, nobody.Code));
        Assert.Equal((HttpStatusCode.PreconditionFailed, "precondition_failed"), (late.Status, late.Code));
    }

    private static Task<Answer> RotateAsync(CoreHost host, string json) =>
        host.Admin.PostAsync($"/control/v1/keys/{host.Installation.KeyId}/rotate", json);

    private static async Task<HttpStatusCode> StatusAsync(CoreHost host, string key) =>
        (await Http.GetAsync(host.ClientFor(key), "/v1/models")).Status;
}
