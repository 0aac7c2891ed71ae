using System.Net;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Providers.Registry;

public sealed class RegistryEndpointsTests
{
    private const string Models = "/control/v1/models";

    private const string Row =
        """{"id":"lab","base_url":"http://localhost:1/v1","models":[{"id":"text-a","price":{"input_usd_per_million":"1","output_usd_per_million":"1"}},{"id":"text-b","price":{"input_usd_per_million":"1","output_usd_per_million":"1"}},{"id":"org/vec","price":{"kind":"embedding","input_usd_per_million":"1"}}]}""";

    [Fact]
    public async Task What_is_said_of_a_model_is_shown_kept_and_taken_back()
    {
        await using var host = await StartAsync();

        var put = await host.Admin.SendAsync(
            HttpMethod.Put, $"{Models}/text-a", """{"deprecated_at":"2027-01-01","retired_at":"2027-03-01","replacement":"text-b","aliases":["a-1"],"capabilities":["text"],"family":"texts","tier":"economy","priority_rank":3,"note":"on its way out"}""");
        var other = await CoreHost.StartAsync(on: host);
        var kept = await Http.GetAsync(other.Admin, $"{Models}/a-1");
        var listed = await Http.GetAsync(host.Caller, "/v1/models/a-1");
        var deleted = await host.Admin.SendAsync(HttpMethod.Delete, $"{Models}/text-a", null);
        var after = await Http.GetAsync(host.Admin, $"{Models}/text-a");

        Assert.Equal(
            """{"id":"text-a","kind":"chat","family":"texts","tier":"economy","priority_rank":3,"multiplier_class":null,"capabilities":["TEXT"],"limits":{"requests_per_minute":null,"requests_per_day":null,"tokens_per_minute":null,"plan":null,"source":null},"lifecycle":{"status":"DYING","deprecated_at":"2027-01-01T00:00:00.000Z","retired_at":"2027-03-01T00:00:00.000Z","days_until_deprecation":0,"days_left":45,"replacement":"text-b"},"dates_from":"own","replacements":["text-b"],"replacements_from":"own","aliases":["a-1"],"providers":["lab"],"source":null,"note":"on its way out","has_own":true}""",
            put.Text);
        Assert.Equal(put.Text, kept.Text);
        Assert.Equal(("text-a", "economy", "DYING"), (listed.Json.Text("id"), listed.Json.Text("tier"), listed.Json.GetProperty("lifecycle").Text("status")));
        Assert.Equal(HttpStatusCode.NoContent, deleted.Status);
        Assert.Equal(("ACTIVE", false), (after.Json.GetProperty("lifecycle").Text("status"), after.Json.GetProperty("has_own").GetBoolean()));
        await other.DisposeAsync();
    }

    [Theory]
    [InlineData("""{"replacement":"nobody"}""", "replacement", "no model that is known")]
    [InlineData("""{"replacement":"text-a"}""", "replacement", "the model itself")]
    [InlineData("""{"replacement":"gone"}""", "replacement", "has ended itself")]
    [InlineData("""{"replacement":"org/vec"}""", "replacement", "called for something else")]
    [InlineData("""{"replacement":"text-b","capabilities":["TEXT","VISION"]}""", "replacement", "lacks VISION")]
    [InlineData("""{"replacement":"text-c"}""", "replacement", "leads back")]
    [InlineData("""{"deprecated_at":"2027-03-01","retired_at":"2027-02-01"}""", "retired_at", "not be before")]
    [InlineData("""{"retired_at":"soon"}""", "retired_at", "RFC 3339")]
    [InlineData("""{"aliases":["text-b"]}""", "aliases[0]", "a model's own name")]
    [InlineData("""{"aliases":["b-alias"]}""", "aliases[0]", "means 'text-b' already")]
    [InlineData("""{"aliases":["x","x"]}""", "aliases[1]", "twice")]
    [InlineData("""{"capabilities":["SMELL"]}""", "capabilities", "must be of TEXT")]
    [InlineData("""{"tier":"2"}""", "tier", "flagship")]
    [InlineData("""{"retire":"2027-02-01"}""", "retire", "")]
    public async Task What_cannot_be_is_refused_by_name(string body, string member, string says)
    {
        await using var host = await StartAsync();
        await host.Admin.PostAsync("/control/v1/providers", """{"id":"lab2","base_url":"http://localhost:1/v1","models":[{"id":"text-c","price":{"input_usd_per_million":"1","output_usd_per_million":"1"}},{"id":"gone","price":{"input_usd_per_million":"1","output_usd_per_million":"1"}}]}""");
        await host.Admin.SendAsync(HttpMethod.Put, $"{Models}/text-b", """{"aliases":["b-alias"]}""");
        await host.Admin.SendAsync(HttpMethod.Put, $"{Models}/text-c", """{"replacement":"text-a"}""");
        await host.Admin.SendAsync(HttpMethod.Put, $"{Models}/gone", """{"retired_at":"2027-01-01"}""");

        var answer = await host.Admin.SendAsync(HttpMethod.Put, $"{Models}/text-a", body);

        Assert.Equal((HttpStatusCode.BadRequest, member), (answer.Status, answer.Param));
        Assert.Contains(says, answer.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_replacement_must_do_what_the_model_does_without_the_word_that_is_replaced()
    {
        await using var host = await StartAsync();
        await host.Admin.SendAsync(HttpMethod.Put, $"{Models}/text-b", """{"capabilities":["TEXT","VISION"]}""");
        await host.Admin.SendAsync(HttpMethod.Put, $"{Models}/text-a", """{"capabilities":["TEXT","VISION","AUDIO_IN"]}""");

        // Without the word it is TEXT alone again, so what does less than the word said may take its place.
        var answer = await host.Admin.SendAsync(HttpMethod.Put, $"{Models}/text-a", """{"retired_at":"2027-06-01","replacement":"text-b"}""");

        Assert.Equal((HttpStatusCode.OK, "text-b"), (answer.Status, answer.Json.GetProperty("lifecycle").Text("replacement")));
    }

    [Theory]
    [InlineData("%20")]
    [InlineData("*")]
    public async Task What_can_be_no_models_name_has_no_word_to_take_back(string name)
    {
        await using var host = await StartAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await host.Admin.SendAsync(HttpMethod.Delete, $"{Models}/{name}", null)).Status);
    }

    [Fact]
    public async Task A_word_is_changed_only_as_it_was_read_where_that_is_asked_for()
    {
        await using var host = await StartAsync();
        var first = await host.Admin.SendAsync(HttpMethod.Put, $"{Models}/text-a", """{"note":"1"}""");
        var tag = first.Message.Headers.ETag!.Tag;
        await host.Admin.SendAsync(HttpMethod.Put, $"{Models}/text-a", """{"note":"2"}""");

        Assert.Equal(HttpStatusCode.PreconditionFailed, (await host.Admin.SendAsync(HttpMethod.Put, $"{Models}/text-a", """{"note":"3"}""", tag)).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await host.Admin.SendAsync(HttpMethod.Delete, $"{Models}/text-a", null, tag)).Status);
        Assert.Equal("2", (await Http.GetAsync(host.Admin, $"{Models}/text-a")).Json.Text("note"));
        Assert.Equal(HttpStatusCode.NotFound, (await host.Admin.SendAsync(HttpMethod.Delete, $"{Models}/text-b", null)).Status);
        Assert.Equal("default_model", (await host.Admin.SendAsync(HttpMethod.Put, "/control/v1/model-policy", """{"default_model":"nobody"}""")).Param);
        Assert.Equal("""{"default_model":null,"status":null}""", (await Http.GetAsync(host.Admin, "/control/v1/model-policy")).Text);
    }

    [Fact]
    public async Task Models_are_found_by_all_their_capabilities_and_by_status()
    {
        await using var host = await StartAsync();
        await host.Admin.SendAsync(HttpMethod.Put, $"{Models}/text-a", """{"capabilities":["TEXT","VISION","AUDIO_IN"]}""");
        await host.Admin.SendAsync(HttpMethod.Put, $"{Models}/text-b", """{"retired_at":"2027-01-01","replacement":"text-a"}""");

        async Task<string> IdsAsync(HttpClient client, string path) =>
            string.Join(' ', (await Http.GetAsync(client, path)).Json.GetProperty("data").EnumerateArray().Select(static m => m.Text("id")));

        Assert.Equal("echo org/vec text-a", await IdsAsync(host.Caller, "/v1/models"));
        Assert.Equal("echo text-a", await IdsAsync(host.Caller, "/v1/models?capability=VISION"));
        Assert.Equal("text-a", await IdsAsync(host.Caller, "/v1/models?capability=vision&capability=AUDIO_IN"));
        Assert.Equal("text-a", await IdsAsync(host.Caller, "/v1/models?capability=VISION,AUDIO_IN"));
        Assert.Equal("org/vec", await IdsAsync(host.Caller, "/v1/models?capability=EMBEDDING"));
        Assert.Equal("", await IdsAsync(host.Caller, "/v1/models?capability=EMBEDDING&capability=TEXT"));
        Assert.Equal("text-b", await IdsAsync(host.Caller, "/v1/models?status=DEAD"));
        Assert.Equal("echo text-a text-b", await IdsAsync(host.Admin, $"{Models}?capability=TEXT"));
        Assert.Equal("text-a", (await Http.GetAsync(host.Admin, $"{Models}?capability=TEXT&limit=1&after=echo")).Json.Text("next"));
        Assert.Equal((HttpStatusCode.BadRequest, "capability"), await StatusAsync(host.Caller, "/v1/models?capability=SMELL"));
        Assert.Equal((HttpStatusCode.BadRequest, "stauts"), await StatusAsync(host.Admin, $"{Models}?stauts=DEAD"));
        Assert.Equal("vec", (await Http.GetAsync(host.Admin, $"{Models}/org%2Fvec")).Json.Text("id")[4..]);
    }

    private static async Task<(HttpStatusCode, string?)> StatusAsync(HttpClient client, string path)
    {
        var answer = await Http.GetAsync(client, path);
        return (answer.Status, answer.Param);
    }

    private static async Task<CoreHost> StartAsync()
    {
        var host = await CoreHost.StartAsync();
        var created = await host.Admin.PostAsync("/control/v1/providers", Row);
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return host;
    }
}
