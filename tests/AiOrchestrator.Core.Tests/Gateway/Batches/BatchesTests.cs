using System.Net;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Gateway.Batches;

/// <summary>What is asked of a provider of batches, what a caller sees of it, and what it comes to.</summary>
public sealed class BatchesTests : IAsyncLifetime
{
    private BatchesScene _scene = null!;

    public async ValueTask InitializeAsync() => _scene = await BatchesScene.StartAsync();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public async Task A_batch_goes_by_the_providers_names_there_and_by_the_callers_here()
    {
        var lines = BatchesScene.Line("a") + "\r\n\n" + BatchesScene.Line("b");
        var file = (await BatchesScene.OkAsync(_scene.UploadAsync(lines))).Json;
        Assert.Equal((lines.Length, "batch", "file"), (file.GetProperty("bytes").GetInt32(), file.Text("purpose"), file.Text("object")));
        var begun = await BatchesScene.OkAsync(_scene.BeginAsync(file.Text("id")));
        Assert.Equal((file.Text("id"), "in_progress", "test"), (begun.Json.Text("input_file_id"), begun.Json.Text("status"), begun.Json.GetProperty("metadata").Text("why")));
        Assert.DoesNotContain("theirs", begun.Text, StringComparison.Ordinal);

        var asked = _scene.Asked.ToArray();
        Assert.Equal(["POST /v1/files", "POST /v1/batches"], asked.Select(static a => a.What));
        Assert.Contains("name=\"purpose\"\r\n\r\nbatch\r\n", asked[0].Body, StringComparison.Ordinal);
        Assert.Contains(
            "\r\n\r\n" + BatchesScene.Line("a", model: "theirs") + "\n" + BatchesScene.Line("b", model: "theirs") + "\n\r\n--", asked[0].Body, StringComparison.Ordinal);
        Assert.Contains("\"input_file_id\":\"file-theirs1\"", asked[1].Body, StringComparison.Ordinal);
        Assert.Contains("\"metadata\":{\"why\":\"test\"}", asked[1].Body, StringComparison.Ordinal);
        Assert.Equal(0, await _scene.AsideAsync());
    }

    [Fact]
    public async Task All_its_calls_may_cost_is_charged_until_its_results_come_and_then_what_they_came_to()
    {
        var id = await _scene.BatchAsync(BatchesScene.Line("a"), BatchesScene.Line("b"), BatchesScene.Line("c"));
        var begun = _scene.Last;

        // Three times 100 tokens at 4 dollars a million, and some of the prompts at 1.
        Assert.Equal(("batches", "rule", "batch"), (begun.Endpoint, begun.UsageSource, begun.ServiceTier));
        Assert.Equal(begun.HoldNanoUsd, begun.CostNanoUsd);
        Assert.InRange(begun.CostNanoUsd, 1_200_000, 1_800_000);
        await _scene.DeliverAsync();

        _scene.Output = BatchesScene.Result("a", 10, 20) + "\n" + BatchesScene.Result("c", 11, 40) + "\n";
        _scene.Errors = """{"id":"r","custom_id":"b","response":{"status_code":400,"body":{"error":{"message":"no"}}},"error":null}""" + "\n";
        _scene.Status = "completed";
        var done = await BatchesScene.OkAsync(_scene.LookAsync(id));

        // 21 prompt and 60 completion tokens.
        Assert.Equal("0.000261", done.Message.Headers.GetValues("x-ao-cost-usd").Single());
        Assert.Equal([begun.CostNanoUsd - 261_000], _scene.Refunds());
        Assert.Equal("0.000261", await _scene.SpentAsync());
        Assert.Equal(("batches.results", id, 21, 60, 0, 0), (_scene.Last.Endpoint, _scene.Last.RequestId, _scene.Last.PromptTokens, _scene.Last.CompletionTokens, _scene.Last.CostNanoUsd, _scene.Last.SuspendedNanoUsd));
        var usage = (await Http.GetAsync(_scene.Host.Caller, $"/v1/usage/{begun.Id}/cost")).Json;
        Assert.Equal("0.000261", usage.Text("total_usd"));

        var output = await Http.GetAsync(_scene.Host.Caller, $"/v1/files/{done.Json.Text("output_file_id")}/content");
        Assert.Equal(_scene.Output, output.Text);
        Assert.Equal(_scene.Errors, (await Http.GetAsync(_scene.Host.Caller, $"/v1/files/{done.Json.Text("error_file_id")}/content")).Text);
        Assert.Equal("batch_output", (await Http.GetAsync(_scene.Host.Caller, $"/v1/files/{done.Json.Text("output_file_id")}")).Json.Text("purpose"));
    }

    [Fact]
    public async Task What_is_done_of_one_that_expired_or_was_cancelled_is_charged_and_one_that_failed_costs_nothing()
    {
        foreach (var (status, spent) in new[] { ("expired", "0.00009"), ("cancelled", "0.00018"), ("failed", "0.00018") })
        {
            var id = await _scene.BatchAsync(BatchesScene.Line("a"), BatchesScene.Line("b"));
            await _scene.DeliverAsync();
            _scene.Output = BatchesScene.Result("a", 10, 20);
            _scene.Status = status;
            var seen = await BatchesScene.OkAsync(status == "cancelled" ? _scene.Host.Caller.PostAsync($"/v1/batches/{id}/cancel", "") : _scene.LookAsync(id));
            Assert.Equal((status, spent), (seen.Json.Text("status"), await _scene.SpentAsync()));
            _scene.Status = "in_progress";
        }
    }

    [Fact]
    public async Task What_no_report_says_is_counted_and_what_cannot_be_read_costs_its_part_of_the_reserve()
    {
        var id = await _scene.BatchAsync(BatchesScene.Line("a", text: "one two three four five"), BatchesScene.Line("b", text: "one two three four five"));
        var reserved = _scene.Last.CostNanoUsd;
        await _scene.DeliverAsync();
        _scene.Output = BatchesScene.Result("a", 1, 1).Replace("\"usage\"", "\"unused\"", StringComparison.Ordinal) + "\n{broken\n";
        _scene.Status = "completed";
        await BatchesScene.OkAsync(_scene.LookAsync(id));
        Assert.Equal(("counted", "missing", 2), (_scene.Last.UsageSource, _scene.Last.UsageAnomaly, _scene.Last.CompletionTokens));
        Assert.InRange(_scene.Last.PromptTokens, 8, 16);
        Assert.Equal([reserved - (_scene.Last.PromptTokens * 1000) - 8000 - ((reserved + 1) / 2)], _scene.Refunds());
    }

    [Fact]
    public async Task More_than_was_reserved_is_suspended_and_not_charged()
    {
        var id = await _scene.BatchAsync(BatchesScene.Line("a", members: "\"max_tokens\":10"));
        var reserved = _scene.Last.CostNanoUsd;
        await _scene.DeliverAsync();
        _scene.Output = BatchesScene.Result("a", 10, 1000);
        _scene.Status = "completed";
        await BatchesScene.OkAsync(_scene.LookAsync(id));
        Assert.Equal((4_010_000 - reserved, 0, "above_hold"), (_scene.Last.SuspendedNanoUsd, _scene.Last.CostNanoUsd, _scene.Last.UsageAnomaly));
        Assert.Empty(_scene.Refunds());
    }

    [Fact]
    public async Task A_wallet_that_cannot_pay_for_all_of_it_pays_for_none_and_nothing_is_sent()
    {
        var lines = Enumerable.Range(0, 3000).Select(static i => BatchesScene.Line($"c{i}", members: "\"n\":1"));
        var file = await BatchesScene.OkAsync(_scene.UploadAsync(string.Join('\n', lines)));
        var refused = await _scene.BeginAsync(file.Json.Text("id"));
        Assert.Equal((HttpStatusCode.PaymentRequired, "insufficient_budget"), (refused.Status, refused.Code));
        Assert.Equal((0, "0.00"), (_scene.Count("POST /v1/batches"), await _scene.SpentAsync()));
    }

    [Fact]
    public async Task One_is_begun_by_another_name_only_while_that_name_means_the_files_model()
    {
        await BatchesScene.OkAsync(_scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/models/mini", """{"aliases":["house"]}"""));
        var key = await BatchesScene.OkAsync(_scene.Host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"k","allowed_models":["house"],"wallet_id":"{{_scene.Host.Installation.WalletId}}"}"""));
        var by = _scene.Host.ClientFor(key.Json.Text("key"));
        var file = (await BatchesScene.OkAsync(_scene.UploadAsync(BatchesScene.Line("a", model: "house"), by: by))).Json.Text("id");
        await BatchesScene.OkAsync(_scene.BeginAsync(file, by: by));

        await BatchesScene.OkAsync(_scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/models/mini", """{"aliases":[]}"""));
        await BatchesScene.OkAsync(_scene.Host.Admin.SendAsync(HttpMethod.Put, "/control/v1/models/other", """{"aliases":["house"]}"""));
        var refused = await _scene.BeginAsync(file, by: by);
        Assert.Equal((HttpStatusCode.Forbidden, "model_not_allowed", 1), (refused.Status, refused.Code, _scene.Count("POST /v1/batches")));
    }

    [Theory]
    [InlineData("output_folder")]
    [InlineData("input_blob")]
    public async Task Results_that_would_go_where_nobody_can_count_them_are_refused_by_name(string member)
    {
        var file = (await BatchesScene.OkAsync(_scene.UploadAsync(BatchesScene.Line("a")))).Json.Text("id");
        var refused = await _scene.Host.Caller.PostAsync(
            "/v1/batches", $$"""{"input_file_id":"{{file}}","endpoint":"/v1/chat/completions","completion_window":"24h","{{member}}":{"url":"https://example.test/"} }""");
        Assert.Equal((HttpStatusCode.BadRequest, "unsupported_parameter"), (refused.Status, refused.Code));
        Assert.Equal(0, _scene.Count("POST /v1/batches"));
    }

    [Fact]
    public async Task A_batch_the_provider_refuses_costs_nothing()
    {
        var file = await BatchesScene.OkAsync(_scene.UploadAsync(BatchesScene.Line("a")));
        _scene.Refuse = 400;
        var refused = await _scene.BeginAsync(file.Json.Text("id"));
        Assert.Equal((HttpStatusCode.BadRequest, "no"), (refused.Status, refused.Code));
        Assert.Equal("0.00", await _scene.SpentAsync());
        Assert.Empty((await Http.GetAsync(_scene.Host.Caller, "/v1/batches")).Json.GetProperty("data").EnumerateArray());
    }

    [Fact]
    public async Task What_is_somebody_elses_does_not_exist()
    {
        var key = (await BatchesScene.OkAsync(_scene.Host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"other","wallet_id":"{{_scene.Host.Installation.WalletId}}"}"""))).Json.Text("key");
        var other = _scene.Host.ClientFor(key);
        var file = (await BatchesScene.OkAsync(_scene.UploadAsync(BatchesScene.Line("a")))).Json.Text("id");
        var batch = (await BatchesScene.OkAsync(_scene.BeginAsync(file))).Json.Text("id");
        Assert.Equal("file_not_found", (await Http.GetAsync(other, $"/v1/files/{file}")).Code);
        Assert.Equal("file_not_found", (await Http.GetAsync(other, $"/v1/files/{file}/content")).Code);
        Assert.Equal("file_not_found", (await other.SendAsync(HttpMethod.Delete, $"/v1/files/{file}", null)).Code);
        Assert.Equal("file_not_found", (await _scene.BeginAsync(file, by: other)).Code);
        Assert.Equal("batch_not_found", (await _scene.LookAsync(batch, other)).Code);
        Assert.Equal("batch_not_found", (await other.PostAsync($"/v1/batches/{batch}/cancel", "")).Code);
        Assert.Equal(0, (await Http.GetAsync(other, "/v1/files")).Json.GetProperty("data").GetArrayLength());
        Assert.Equal(0, (await Http.GetAsync(other, "/v1/batches")).Json.GetProperty("data").GetArrayLength());
        Assert.Equal(1, (await Http.GetAsync(_scene.Host.Caller, "/v1/batches")).Json.GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task A_file_is_deleted_at_its_provider_and_here()
    {
        var file = (await BatchesScene.OkAsync(_scene.UploadAsync(BatchesScene.Line("a")))).Json.Text("id");
        Assert.Equal("input", (await Http.GetAsync(_scene.Host.Caller, $"/v1/files/{file}/content")).Text);
        Assert.True((await _scene.Host.Caller.SendAsync(HttpMethod.Delete, $"/v1/files/{file}", null)).Json.GetProperty("deleted").GetBoolean());
        Assert.Equal("file_not_found", (await Http.GetAsync(_scene.Host.Caller, $"/v1/files/{file}")).Code);
        Assert.Equal(1, _scene.Count("DELETE /v1/files/file-theirs1"));
    }
}
