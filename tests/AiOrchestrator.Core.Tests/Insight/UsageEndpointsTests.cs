using System.Net;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Insight;

public sealed class UsageEndpointsTests
{
    private const long Created = 1_800_000_000_000;

    [Fact]
    public async Task A_call_is_shown_whole()
    {
        await using var host = await CoreHost.StartAsync();
        var usage = TestUsage.Event(1, host.Installation.OrganisationId, host.Installation.KeyId);
        host.Usage.Add(usage);

        var list = await Http.GetAsync(host.Caller, "/v1/usage");
        var one = await Http.GetAsync(host.Caller, $"/v1/usage/{usage.Id}");

        var expected =
            $$"""{"id":"{{usage.Id}}","request_id":"req-1","trace_id":null,"created":1800000000,"endpoint":null,"model":"echo","model_requested":"echo","route_reason":null,"legacy_use":null,"experiment_id":null,"variant":null,"attempt_list":null,"retry_of":null,"rule_id":null,"route_marks":null,"cache":null,"model_reported":null,"provider":"echo","status":"ok","http_status":200,"error_code":null,"stream":false,"prompt_tokens":12,"cached_prompt_tokens":0,"completion_tokens":5,"reasoning_tokens":0,"total_tokens":17,"usage_source":"reported","cost_usd":"0.0000032","rerated_usd":null,"list_cost_usd":null,"price_multiplier":null,"price_id":null,"hold_usd":"0.0016385","input_usd_per_million":null,"output_usd_per_million":null,"duration_ms":1.234,"first_byte_ms":0.9,"key_id":"{{host.Installation.KeyId}}","wallet":"wal_1","period":null,"finish_reason":"stop","clamped_max_tokens":null,"attempts":1,"feature_id":null,"end_user":null,"usage_anomaly":null,"suspended_usd":"0.00","review":null,"charged_later_usd":null,"refunded_usd":null,"cache_write_prompt_tokens":0,"audio_prompt_tokens":0,"image_prompt_tokens":0,"video_prompt_tokens":0,"audio_completion_tokens":0,"image_completion_tokens":0,"video_completion_tokens":0,"citation_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0,"units":null,"price_source":null,"price_from":null,"claimed_usage":null,"tokenizer":null,"counted_prompt_tokens":0,"counted_completion_tokens":0,"service_tier":null,"drained_ms":null,"schema_version":0}""";
        Assert.Equal(expected, one.Text);
        Assert.Equal($$"""{"data":[{{expected}}],"next":null}""", list.Text);
    }

    [Fact]
    public async Task A_key_sees_its_own_calls_and_the_administrator_all()
    {
        await using var host = await CoreHost.StartAsync();
        var organisation = host.Installation.OrganisationId;
        var other = TestUsage.Event(2, organisation, "key_other");
        host.Usage.Add(TestUsage.Event(1, organisation, host.Installation.KeyId));
        host.Usage.Add(other);
        host.Usage.Add(TestUsage.Event(3, "org_other", "key_foreign"));

        Assert.Equal(["req-1"], Ids(await Http.GetAsync(host.Caller, "/v1/usage")));
        Assert.Equal(["req-1"], Ids(await Http.GetAsync(host.Caller, $"/v1/usage?key={host.Installation.KeyId}")));
        Assert.Equal(["req-2", "req-1"], Ids(await Http.GetAsync(host.Admin, "/v1/usage")));
        Assert.Equal(["req-2"], Ids(await Http.GetAsync(host.Admin, "/v1/usage?key=key_other")));
        Assert.Equal(HttpStatusCode.Forbidden, (await Http.GetAsync(host.Caller, "/v1/usage?key=key_other")).Status);
        Assert.Equal("usage_not_found", (await Http.GetAsync(host.Caller, $"/v1/usage/{other.Id}")).Code);
        Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync(host.Admin, $"/v1/usage/{other.Id}")).Status);
        Assert.Equal("usage_not_found", (await Http.GetAsync(host.Admin, "/v1/usage/nonsense")).Code);
    }

    [Fact]
    public async Task Pages_follow_each_other()
    {
        await using var host = await CoreHost.StartAsync();
        for (var i = 1; i <= 5; i++)
        {
            host.Usage.Add(TestUsage.Event(i, host.Installation.OrganisationId, host.Installation.KeyId));
        }

        var first = await Http.GetAsync(host.Caller, "/v1/usage?limit=2");
        var second = await Http.GetAsync(host.Caller, $"/v1/usage?limit=2&after={first.Json.Text("next")}");
        var third = await Http.GetAsync(host.Caller, $"/v1/usage?limit=2&after={second.Json.Text("next")}");

        Assert.Equal(["req-5", "req-4", "req-3", "req-2", "req-1"], [.. Ids(first), .. Ids(second), .. Ids(third)]);
        Assert.Null(third.Json.GetProperty("next").GetString());
    }

    [Theory]
    [InlineData("model=echo", 4)]
    [InlineData("model=other", 0)]
    [InlineData("provider=echo&status=ok", 4)]
    [InlineData("status=refused", 0)]
    [InlineData("status=error", 0)]
    [InlineData("status=timeout", 0)]
    [InlineData("status=cancelled", 0)]
    [InlineData("status=cut", 0)]
    [InlineData("request_id=req-2", 1)]
    [InlineData("from=1800000000", 4)]
    [InlineData("from=1800000001&to=1800000003", 2)]
    [InlineData("from=2027-01-15T08:00:02Z", 2)]
    [InlineData("to=2027-01-15T10:00:02%2B02:00", 2)]
    [InlineData("to=2027-01-15T10:00:02+02:00", 2)]
    public async Task Filters_filter(string query, int found)
    {
        await using var host = await CoreHost.StartAsync();
        for (var i = 0; i < 4; i++)
        {
            host.Usage.Add(TestUsage.Event(i, host.Installation.OrganisationId, host.Installation.KeyId, Created + (i * 1000)));
        }

        Assert.Equal(found, Ids(await Http.GetAsync(host.Caller, $"/v1/usage?{query}")).Count);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=1001", "limit")]
    [InlineData("status=fine", "status")]
    [InlineData("from=yesterday", "from")]
    [InlineData("from=-1", "from")]
    [InlineData("from=99999999999999999999", "from")]
    [InlineData("from=2&to=1", "to")]
    [InlineData("after=1", "after")]
    [InlineData("modle=echo", "modle")]
    [InlineData("model=", "model")]
    public async Task Bad_filters_are_400_naming_the_parameter(string query, string param)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await Http.GetAsync(host.Caller, $"/v1/usage?{query}");

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
    }

    private static List<string> Ids(Answer answer) => [.. answer.Json.GetProperty("data").EnumerateArray().Select(static e => e.Text("request_id"))];
}
