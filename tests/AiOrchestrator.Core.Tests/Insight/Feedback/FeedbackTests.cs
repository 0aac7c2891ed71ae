using System.Net;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Insight.Feedback;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Insight.Feedback;

public sealed class FeedbackTests
{
    private const string Path = "/v1/feedback";

    [Theory]
    [InlineData("\"score\":0.3334", 0.333)]
    [InlineData("\"score\":-1", -1)]
    [InlineData("\"rating\":1", -1)]
    [InlineData("\"rating\":4", 0.5)]
    [InlineData("\"thumbs\":\"up\"", 1)]
    [InlineData("\"thumbs\":\"down\"", -1)]
    public async Task Every_way_to_say_it_is_a_score(string said, double score)
    {
        await using var host = await CoreHost.StartAsync();
        var call = Add(host, 1, host.Installation.KeyId);
        var answer = await Http.PostAsync(host.Caller, Path, $$"""{"exchange_id":"{{call.Id}}",{{said}},"comment":"well\ndone","labels":["tone"]}""");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal((score, false, "echo"), (Score(answer.Json), answer.Json.GetProperty("waiting").GetBoolean(), answer.Json.Text("model")));
        var listed = Assert.Single(await ListAsync(host, ""));
        Assert.Equal((score, "well\ndone", "tone"), (Score(listed), listed.Text("comment"), listed.GetProperty("labels")[0].GetString()));
    }

    [Theory]
    [InlineData("\"score\":1.01", "score")]
    [InlineData("\"score\":1,\"rating\":5", "score")]
    [InlineData("\"comment\":\"x\"", "score")]
    [InlineData("\"rating\":0", "rating")]
    [InlineData("\"thumbs\":\"sideways\"", "thumbs")]
    [InlineData("\"score\":1,\"comment\":\"\\u0007\"", "comment")]
    [InlineData("\"score\":1,\"mood\":1", "mood")]
    public async Task What_is_wrong_is_named(string said, string param)
    {
        await using var host = await CoreHost.StartAsync();
        var call = Add(host, 1, host.Installation.KeyId);
        var answer = await Http.PostAsync(host.Caller, Path, $$"""{"exchange_id":"{{call.Id}}",{{said}}}""");
        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Equal("exchange_id", (await Http.PostAsync(host.Caller, Path, """{"exchange_id":"ex_1","score":1}""")).Param);
    }

    [Fact]
    public async Task Only_the_key_that_made_a_call_says_what_was_thought_of_it()
    {
        await using var host = await CoreHost.StartAsync();
        var call = Add(host, 1, "key_other");
        var answer = await Http.PostAsync(host.Caller, Path, $$"""{"exchange_id":"{{call.Id}}","score":1}""");
        Assert.Equal((HttpStatusCode.NotFound, "usage_not_found"), (answer.Status, answer.Code));
        var elsewhere = TestUsage.Event(2, "org_other", host.Installation.KeyId, host.Time.UnixMs - 7_200_000);
        host.Usage.Add(elsewhere);
        Assert.Equal("usage_not_found", (await Http.PostAsync(host.Caller, Path, $$"""{"exchange_id":"{{elsewhere.Id}}","score":1}""")).Code);
        Assert.Equal(HttpStatusCode.Forbidden, (await Http.PostAsync(host.Admin, Path, $$"""{"exchange_id":"{{call.Id}}","score":1}""")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await Http.GetAsync(host.Caller, "/control/v1/feedback")).Status);
        Assert.Empty(await ListAsync(host, ""));
    }

    [Fact]
    public async Task A_later_word_takes_the_place_of_an_earlier_one()
    {
        await using var host = await CoreHost.StartAsync();
        var call = Add(host, 1, host.Installation.KeyId);
        foreach (var score in new[] { 1, 1, -1 })
        {
            host.Time.Advance(TimeSpan.FromSeconds(1));
            _ = await Http.PostAsync(host.Caller, Path, $$"""{"exchange_id":"{{call.Id}}","score":{{score}}}""");
        }

        Assert.Equal(-1, Score(Assert.Single(await ListAsync(host, ""))));
    }

    [Fact]
    public async Task What_is_said_of_a_call_that_is_not_known_yet_waits_for_it()
    {
        await using var host = await CoreHost.StartAsync();
        var (mine, others, never) = (Event(host, 1, host.Installation.KeyId), Event(host, 2, "key_other"), Event(host, 3, host.Installation.KeyId));
        foreach (var call in new[] { mine, others, never })
        {
            var answer = await Http.PostAsync(host.Caller, Path, $$"""{"exchange_id":"{{call.Id}}","score":1}""");
            Assert.Equal((HttpStatusCode.Accepted, true), (answer.Status, answer.Json.GetProperty("waiting").GetBoolean()));
        }

        await PlaceAsync(host);
        Assert.Empty(await ListAsync(host, ""));

        host.Usage.Add(mine);
        host.Usage.Add(others);
        await PlaceAsync(host);
        await PlaceAsync(host);
        Assert.Equal(mine.Id, Assert.Single(await ListAsync(host, "")).Text("exchange_id"));

        // A call that nobody has heard of for half an hour is none.
        host.Time.Advance(TimeSpan.FromMinutes(31));
        await PlaceAsync(host);
        host.Usage.Add(never);
        await PlaceAsync(host);
        Assert.Single(await ListAsync(host, ""));
        var old = Event(host, 4, host.Installation.KeyId, host.Time.UnixMs - 1_860_000);
        Assert.Equal("usage_not_found", (await Http.PostAsync(host.Caller, Path, $$"""{"exchange_id":"{{old.Id}}","score":1}""")).Code);
    }

    [Fact]
    public async Task So_much_waits_of_a_key_and_no_more_whatever_waits_of_others()
    {
        await using var host = await CoreHost.StartAsync();
        var (organisation, key) = (host.Installation.OrganisationId, host.Installation.KeyId);
        await WaitAsync(host, $"{organisation}.{key}.", FeedbackBook.MostOfKey - 1);
        await WaitAsync(host, "org_other.key.", FeedbackBook.MostOfOrganisation);
        var (waits, refused, known) = (Event(host, 1, key), Event(host, 2, key), Event(host, 3, key));
        host.Usage.Add(known);

        Assert.Equal(HttpStatusCode.Accepted, await SayAsync(waits));
        var answer = await Http.PostAsync(host.Caller, Path, $$"""{"exchange_id":"{{refused.Id}}","score":1}""");
        Assert.Equal((HttpStatusCode.TooManyRequests, "feedback_queue_full", 60.0), (answer.Status, answer.Code, answer.Message.Headers.RetryAfter!.Delta!.Value.TotalSeconds));
        Assert.Equal(HttpStatusCode.Accepted, await SayAsync(waits));
        Assert.Equal(HttpStatusCode.OK, await SayAsync(known));

        host.Usage.Add(waits);
        await PlaceAsync(host);
        Assert.Equal(HttpStatusCode.Accepted, await SayAsync(refused));

        async Task<HttpStatusCode> SayAsync(UsageEvent call) => (await Http.PostAsync(host.Caller, Path, $$"""{"exchange_id":"{{call.Id}}","score":1}""")).Status;
    }

    [Fact]
    public async Task So_much_waits_of_an_organisation_and_no_more()
    {
        await using var host = await CoreHost.StartAsync();
        await WaitAsync(host, $"{host.Installation.OrganisationId}.key_other.", FeedbackBook.MostOfOrganisation);
        var call = Event(host, 1, host.Installation.KeyId);
        Assert.Equal("feedback_queue_full", (await Http.PostAsync(host.Caller, Path, $$"""{"exchange_id":"{{call.Id}}","score":1}""")).Code);
    }

    [Fact]
    public async Task What_cannot_be_placed_keeps_nothing_else_from_its_place()
    {
        await using var host = await CoreHost.StartAsync();
        var call = Event(host, 1, host.Installation.KeyId);
        _ = await Http.PostAsync(host.Caller, Path, $$"""{"exchange_id":"{{call.Id}}","score":1}""");
        host.Usage.Add(call);
        await host.Documents.CreateAsync("waiting-feedback", "a", "no JSON"u8.ToArray(), TestContext.Current.CancellationToken);

        await PlaceAsync(host);

        Assert.Equal(call.Id, Assert.Single(await ListAsync(host, "")).Text("exchange_id"));
    }

    [Fact]
    public async Task What_waited_does_not_take_the_place_of_what_was_said_later()
    {
        await using var host = await CoreHost.StartAsync();
        var call = Event(host, 1, host.Installation.KeyId);
        _ = await Http.PostAsync(host.Caller, Path, $$"""{"exchange_id":"{{call.Id}}","score":1}""");
        host.Usage.Add(call);
        host.Time.Advance(TimeSpan.FromSeconds(1));
        _ = await Http.PostAsync(host.Caller, Path, $$"""{"exchange_id":"{{call.Id}}","score":-1}""");

        await PlaceAsync(host);

        Assert.Equal(-1, Score(Assert.Single(await ListAsync(host, ""))));
    }

    [Fact]
    public async Task It_is_listed_in_pages_by_call_model_and_experiment()
    {
        await using var host = await CoreHost.StartAsync();
        for (var i = 1; i <= 5; i++)
        {
            var call = Event(host, i, host.Installation.KeyId);
            call.Model = i % 2 == 0 ? "even" : "odd";
            call.ExperimentId = i > 3 ? "exp_1" : null;
            host.Usage.Add(call);
            _ = await Http.PostAsync(host.Caller, Path, $$"""{"exchange_id":"{{call.Id}}","score":{{i}}e-1}""");
        }

        Assert.Equal([0.1, 0.3, 0.5], (await ListAsync(host, "?model=odd")).Select(Score));
        Assert.Equal([0.4, 0.5], (await ListAsync(host, "?experiment=exp_1")).Select(Score));
        Assert.Equal([0.2], (await ListAsync(host, $"?exchange={TestUsage.Event(2, "", "", host.Time.UnixMs).Id}")).Select(Score));
        var page = (await Http.GetAsync(host.Admin, "/control/v1/feedback?limit=2&model=odd")).Json;
        Assert.Equal([0.1, 0.3], page.GetProperty("data").EnumerateArray().Select(Score));
        Assert.Equal([0.5], (await ListAsync(host, $"?limit=2&model=odd&after={page.Text("next")}")).Select(Score));
        Assert.Equal("mood", (await Http.GetAsync(host.Admin, "/control/v1/feedback?mood=1")).Param);
    }

    [Fact]
    public async Task A_variants_feedback_counts_each_call_once_and_as_it_was_said_last()
    {
        await using var host = await CoreHost.StartAsync();
        var made = await Http.PostAsync(
            host.Admin,
            "/control/v1/experiments",
            """{"name":"liked","applies_to":"gpt","variants":[{"name":"a","model":"m"},{"name":"b","model":"n"}],"metric":"feedback"}""");
        var id = made.Json.Text("id");
        _ = await Http.PostAsync(host.Admin, $"/control/v1/experiments/{id}/start", "{}");
        for (var i = 1; i <= 6; i++)
        {
            var call = Event(host, i, host.Installation.KeyId);
            (call.ExperimentId, call.Variant) = (i == 6 ? "exp_other" : id, i % 2 == 0 ? "a" : "b");
            host.Usage.Add(call);
            _ = await Http.PostAsync(host.Caller, Path, $$"""{"exchange_id":"{{call.Id}}","thumbs":"down"}""");
            host.Time.Advance(TimeSpan.FromMilliseconds(10));
            _ = await Http.PostAsync(host.Caller, Path, $$"""{"exchange_id":"{{call.Id}}","rating":{{(i < 3 ? 5 : 4)}}}""");
        }

        var variants = (await Http.GetAsync(host.Admin, $"/control/v1/experiments/{id}/results")).Json.GetProperty("variants");
        Assert.Equal(
            [("a", 2, 0.75), ("b", 3, Math.Round(2.0 / 3, 12))],
            variants.EnumerateArray().Select(static v => (
                v.Text("variant"), v.GetProperty("feedback").GetProperty("count").GetInt32(), Math.Round(v.GetProperty("feedback").GetProperty("mean").GetDouble(), 12))));
        Assert.Equal(0.125, variants[0].GetProperty("feedback").GetProperty("variance").GetDouble(), 1e-12);
    }

    private static UsageEvent Add(CoreHost host, int number, string keyId)
    {
        var call = Event(host, number, keyId, host.Time.UnixMs - 7_200_000);
        host.Usage.Add(call);
        return call;
    }

    private static UsageEvent Event(CoreHost host, int number, string keyId, long? unixMs = null) =>
        TestUsage.Event(number, host.Installation.OrganisationId, keyId, unixMs ?? host.Time.UnixMs);

    private static double Score(JsonElement feedback) => feedback.GetProperty("score").GetDouble();

    private static async Task<List<JsonElement>> ListAsync(CoreHost host, string query) =>
        [.. (await Http.GetAsync(host.Admin, "/control/v1/feedback" + query)).Json.GetProperty("data").EnumerateArray()];

    private static async Task WaitAsync(CoreHost host, string prefix, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var feedback = $$"""{"exchange_id":"{{new ExchangeId((UInt128)i)}}","key_id":"key","organisation_id":"org","score_milli":0,"given_unix_ms":{{host.Time.UnixMs}}}""";
            await host.Documents.CreateAsync("waiting-feedback", $"{prefix}{i:d4}", Encoding.UTF8.GetBytes(feedback), TestContext.Current.CancellationToken);
        }
    }

    private static async Task PlaceAsync(CoreHost host)
    {
        var job = host.Services.GetServices<Job>().Single(static j => j.Name == "place-feedback");
        await job.Run(job.PeriodAt(host.Time.UnixMs), TestContext.Current.CancellationToken);
    }
}
