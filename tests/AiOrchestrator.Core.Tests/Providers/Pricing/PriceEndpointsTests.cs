using System.Net;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Providers.Pricing;

/// <summary>The clock of these tests stands at 2027-01-15 08:00 UTC.</summary>
public sealed class PriceEndpointsTests
{
    private const string Prices = "/control/v1/prices";
    private const string Figures = "\"prices\":{\"usd_per_million\":{\"input\":\"2\",\"output\":\"8\"}}";

    [Fact]
    public async Task A_price_is_read_back_as_it_was_given()
    {
        await using var host = await CoreHost.StartAsync();

        var created = await host.Admin.PostAsync(Prices, $$"""{"model":"gpt-4*","provider":"echo","from":"2027-02-01","until":"2027-03-01","note":"contract",{{Figures}}}""");
        var id = created.Json.Text("id");
        var shown = await Http.GetAsync(host.Admin, $"{Prices}/{id}");

        Assert.Equal(HttpStatusCode.Created, created.Status);
        Assert.Equal($"{Prices}/{id}", created.Message.Headers.Location!.ToString());
        Assert.Equal(
            $$$"""{"id":"{{{id}}}","provider":"echo","model":"gpt-4*","kind":"chat","from":"2027-02-01","until":"2027-03-01","prices":{"usd_per_million":{"input":"2","output":"8"}},"note":"contract","status":"scheduled","created_at":"2027-01-15T08:00:00.000Z","ended_at":null,"problem":null,"warnings":[]}""",
            created.Text);
        Assert.Equal(created.Text, shown.Text);
        Assert.Equal("price_not_found", (await Http.GetAsync(host.Admin, $"{Prices}/nothing")).Code);
    }

    [Fact]
    public async Task The_list_has_pages_in_order_of_id()
    {
        await using var host = await CoreHost.StartAsync();
        var ids = new List<string>();
        foreach (var model in new[] { "a", "b", "c" })
        {
            ids.Add((await host.Admin.PostAsync(Prices, $$"""{"model":"{{model}}",{{Figures}}}""")).Json.Text("id"));
        }

        var first = (await Http.GetAsync(host.Admin, $"{Prices}?limit=2")).Json;
        var second = (await Http.GetAsync(host.Admin, $"{Prices}?limit=2&after={first.Text("next")}")).Json;

        Assert.Equal(
            ids.Order(StringComparer.Ordinal),
            first.GetProperty("data").EnumerateArray().Concat(second.GetProperty("data").EnumerateArray()).Select(static p => p.Text("id")));
        Assert.Null(second.GetProperty("next").GetString());
        Assert.Equal("limit", (await Http.GetAsync(host.Admin, $"{Prices}?limit=0")).Param);
    }

    [Fact]
    public async Task A_price_to_come_is_changed_and_deleted_freely()
    {
        await using var host = await CoreHost.StartAsync();
        var created = await host.Admin.PostAsync(Prices, $$"""{"model":"m","from":"2027-02-01",{{Figures}}}""");
        var path = $"{Prices}/{created.Json.Text("id")}";
        var tag = created.Message.Headers.ETag!.ToString();

        var replaced = await host.Admin.SendAsync(HttpMethod.Put, path, $$"""{"model":"other","from":"2027-02-02",{{Figures}}}""", tag);
        var late = await host.Admin.SendAsync(HttpMethod.Put, path, $$"""{"model":"third",{{Figures}}}""", tag);
        var lateDelete = await host.Admin.SendAsync(HttpMethod.Delete, path, null, tag);
        var deleted = await host.Admin.SendAsync(HttpMethod.Delete, path, null);

        Assert.Equal((HttpStatusCode.OK, "other", "2027-02-02"), (replaced.Status, replaced.Json.Text("model"), replaced.Json.Text("from")));
        Assert.Equal((HttpStatusCode.PreconditionFailed, HttpStatusCode.PreconditionFailed), (late.Status, lateDelete.Status));
        Assert.Equal(HttpStatusCode.NoContent, deleted.Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Http.GetAsync(host.Admin, path)).Status);
        Assert.Equal("price_not_found", (await host.Admin.SendAsync(HttpMethod.Put, path, $$"""{"model":"m",{{Figures}}}""")).Code);
    }

    [Fact]
    public async Task Of_a_price_in_force_the_past_is_not_rewritten()
    {
        await using var host = await CoreHost.StartAsync();
        var created = await host.Admin.PostAsync(Prices, $$"""{"model":"m",{{Figures}}}""");
        var path = $"{Prices}/{created.Json.Text("id")}";
        host.Time.Advance(TimeSpan.FromDays(3));

        var dearer = await host.Admin.SendAsync(HttpMethod.Put, path, """{"model":"m","prices":{"usd_per_million":{"input":"3","output":"8"}}}""");
        var other = await host.Admin.SendAsync(HttpMethod.Put, path, $$"""{"model":"n",{{Figures}}}""");
        var endedBefore = await host.Admin.SendAsync(HttpMethod.Put, path, $$"""{"model":"m","until":"2027-01-16",{{Figures}}}""");
        var limited = await host.Admin.SendAsync(HttpMethod.Put, path, $$"""{"model":"m","until":"2027-02-01","note":"until the new contract",{{Figures}}}""");
        var deleted = await host.Admin.SendAsync(HttpMethod.Delete, path, null);
        var kept = (await Http.GetAsync(host.Admin, path)).Json;
        var revived = await host.Admin.SendAsync(HttpMethod.Put, path, $$"""{"model":"m",{{Figures}}}""");

        Assert.Equal((HttpStatusCode.Conflict, "price_in_force"), (dearer.Status, dearer.Code));
        Assert.Contains("'prices' cannot be changed", dearer.ErrorText, StringComparison.Ordinal);
        Assert.Contains("reratings", dearer.ErrorText, StringComparison.Ordinal);
        Assert.Equal(("price_in_force", "model"), (other.Code, other.Param));
        Assert.Equal((HttpStatusCode.BadRequest, "until"), (endedBefore.Status, endedBefore.Param));
        Assert.Equal((HttpStatusCode.OK, "2027-02-01"), (limited.Status, limited.Json.Text("until")));
        Assert.Equal((HttpStatusCode.NoContent, "ended", "2027-01-18T08:00:00.000Z"), (deleted.Status, kept.Text("status"), kept.Text("ended_at")));
        Assert.Equal((HttpStatusCode.Conflict, "price_ended"), (revived.Status, revived.Code));
        Assert.Equal("price_ended", (await host.Admin.SendAsync(HttpMethod.Delete, path, null)).Code);
    }

    [Fact]
    public async Task Of_a_price_in_force_what_a_change_leaves_out_stays_and_what_may_not_change_is_named()
    {
        await using var host = await CoreHost.StartAsync();
        var created = await host.Admin.PostAsync(Prices, $$"""{"model":"m","provider":"echo","note":"contract 17",{{Figures}}}""");
        var path = $"{Prices}/{created.Json.Text("id")}";
        host.Time.Advance(TimeSpan.FromDays(3));

        var limited = await host.Admin.SendAsync(HttpMethod.Put, path, """{"until":"2027-02-01"}""");
        var noted = await host.Admin.SendAsync(HttpMethod.Put, path, """{"note":"contract 18"}""");
        var endless = await host.Admin.SendAsync(HttpMethod.Put, path, """{"until":null}""");
        var moved = await host.Admin.SendAsync(HttpMethod.Put, path, """{"provider":null,"from":"2027-01-20","kind":"embedding"}""");
        var nameless = await host.Admin.SendAsync(HttpMethod.Put, path, """{"model":null}""");
        await host.Admin.SendAsync(HttpMethod.Delete, path, null);
        var ended = await host.Admin.SendAsync(HttpMethod.Put, path, """{"note":"over"}""");

        Assert.Equal(
            ("2027-02-01", "contract 17", "m", "echo"),
            (limited.Json.Text("until"), limited.Json.Text("note"), limited.Json.Text("model"), limited.Json.Text("provider")));
        Assert.Equal(("2027-02-01", "contract 18"), (noted.Json.Text("until"), noted.Json.Text("note")));
        Assert.Equal((HttpStatusCode.OK, null), (endless.Status, endless.Json.GetProperty("until").GetString()));
        Assert.Equal((HttpStatusCode.Conflict, "price_in_force", "provider"), (moved.Status, moved.Code, moved.Param));
        Assert.Contains("'provider', 'kind', 'from' cannot be changed", moved.ErrorText, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.BadRequest, "model"), (nameless.Status, nameless.Param));
        Assert.Equal("price_ended", ended.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"from\":\"2027-01-15\",")]
    public async Task Of_two_prices_from_today_the_second_is_refused_until_the_first_is_ended(string from)
    {
        await using var host = await CoreHost.StartAsync();
        var first = (await host.Admin.PostAsync(Prices, $$"""{"model":"m",{{Figures}}}""")).Json.Text("id");

        var second = await host.Admin.PostAsync(Prices, $$"""{"model":"m",{{from}}{{Figures}}}""");
        var limited = await host.Admin.SendAsync(HttpMethod.Put, $"{Prices}/{first}", """{"until":"2027-02-01"}""");
        await host.Admin.SendAsync(HttpMethod.Delete, $"{Prices}/{first}", null);
        var third = await host.Admin.PostAsync(Prices, $$"""{"model":"m",{{from}}{{Figures}}}""");

        Assert.Equal((HttpStatusCode.Conflict, "price_exists"), (second.Status, second.Code));
        Assert.Contains(first, second.ErrorText, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Created), (limited.Status, third.Status));
    }

    [Theory]
    [InlineData("gpt-4o", 0)]
    [InlineData("gpt-4*", 0)]
    [InlineData("echo", 0)]
    [InlineData("my-own-7", 1)]
    [InlineData("my-own-*", 1)]
    public async Task A_model_nobody_knows_is_taken_with_a_warning(string model, int warnings)
    {
        await using var host = await CoreHost.StartAsync();

        var created = await host.Admin.PostAsync(Prices, $$"""{"model":"{{model}}",{{Figures}}}""");

        Assert.Equal(HttpStatusCode.Created, created.Status);
        Assert.Equal(warnings, created.Json.GetProperty("warnings").EnumerateArray().Count(w => w.GetString()!.Contains(model, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Two_prices_for_the_same_do_not_begin_on_the_same_day_to_come()
    {
        await using var host = await CoreHost.StartAsync();
        await host.Admin.PostAsync(Prices, $$"""{"model":"m","from":"2027-02-01",{{Figures}}}""");

        var same = await host.Admin.PostAsync(Prices, $$"""{"model":"m","from":"2027-02-01",{{Figures}}}""");
        var ofAProvider = await host.Admin.PostAsync(Prices, $$"""{"model":"m","provider":"echo","from":"2027-02-01",{{Figures}}}""");

        Assert.Equal((HttpStatusCode.Conflict, "price_exists"), (same.Status, same.Code));
        Assert.Equal(HttpStatusCode.Created, ofAProvider.Status);
    }

    /// <summary>A body, the member at fault, and a word of what is told about it.</summary>
    [Theory]
    [InlineData("""{"prices":{"usd_per_million":{"input":"2","output":"8"}}}""", "model", "required")]
    [InlineData("""{"model":"m m",*}""", "model", "visible")]
    [InlineData("""{"model":"m","provider":"opnai",*}""", "provider", "echo")]
    [InlineData("""{"model":"m"}""", "prices", "required")]
    [InlineData("""{"model":"m","prices":7}""", "prices", "object")]
    [InlineData("""{"model":"m","prices":{}}""", "prices", "usd_per_million")]
    [InlineData("""{"model":"m","prices":{"usd_per_million":{"input":"2"}}}""", "prices.usd_per_million", "output")]
    [InlineData("""{"model":"m","prices":{"usd_per_million":{"input":"2","output":"8","colour":"1"}}}""", "prices.usd_per_million", "colour")]
    [InlineData("""{"model":"m","prices":{"usd_per_million":{"input":"2","output":"-8"}}}""", "prices.usd_per_million.output", "-8")]
    [InlineData("""{"model":"m","prices":{"usd_per_million":{"input":"2","output":8}}}""", "prices.usd_per_million.output", "string")]
    [InlineData("""{"model":"m","prices":{"usd_per_million":{"input":"2","output":"8"},"from":"2030-01-01"}}""", "prices.from", "beside")]
    [InlineData("""{"model":"m","prices":{"usd_per_million":{"input":"2","output":"8"},"price":"1"}}""", "prices", "unknown member")]
    [InlineData("""{"model":"m","prices":{"usd_per_million":{"input":"2","output":"8","output":"0"}}}""", "prices", "not a JSON document")]
    [InlineData("""{"model":"m","kind":"song",*}""", "kind", "song")]
    [InlineData("""{"model":"m","from":"2027-01-14",*}""", "from", "reratings")]
    [InlineData("""{"model":"m","from":"soon",*}""", "from", "day of UTC")]
    [InlineData("""{"model":"m","from":"2027-02-01","until":"2027-02-01",*}""", "until", "not after")]
    [InlineData("""{"model":"m","until":"2027-01-15",*}""", "until", "after today")]
    [InlineData("""{"model":"m","id":"price_1",*}""", "id", "not a member")]
    public async Task Bad_prices_are_400_naming_the_member(string body, string param, string told)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.PostAsync(Prices, body.Replace("*", Figures, StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Contains(told, answer.ErrorText, StringComparison.Ordinal);
        Assert.Empty((await Http.GetAsync(host.Admin, Prices)).Json.GetProperty("data").EnumerateArray());
    }

    [Fact]
    public async Task Everything_wrong_is_told_at_once()
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.PostAsync(
            Prices, """{"model":"m m","from":"2020-01-01","prices":{"usd_per_million":{"input":"x","colour":"1"}},"extra":1}""");

        foreach (var param in new[] { "'model'", "'from'", "'prices.usd_per_million.input'", "colour", "output", "'extra'" })
        {
            Assert.Contains(param, answer.ErrorText, StringComparison.Ordinal);
        }
    }
}
