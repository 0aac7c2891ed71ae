using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Platform;

public sealed class OpenApiTests
{
    private const string Bodiless = "post /v1/responses/{id}/cancel";

    private static readonly string[] PartVerbs = ["get", "put", "delete"];
    private const string FirstId = "key_0000000000000000";

    [Fact]
    public async Task The_document_holds_every_operation_with_its_bodies_and_its_security()
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await Http.GetAsync(host.Anonymous, "/openapi.json");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        var document = answer.Json;
        Assert.Equal("AiOrchestrator", document.GetProperty("info").Text("title"));
        Assert.Equal("http", document.GetProperty("components").GetProperty("securitySchemes").GetProperty("bearer").Text("type"));
        var operations = Operations(document).ToList();
        string[] expected =
        [
            "get /health", "get /ready", "get /control/v1/jobs", "get /control/v1/reviews", "get /control/v1/reviews/{id}", "post /control/v1/reviews/{id}/accept", "post /control/v1/reviews/{id}/reject",
            "get /control/v1/alerts", "post /control/v1/alerts/{id}/acknowledge", "post /control/v1/reratings", "get /control/v1/reratings", "get /control/v1/reratings/{id}",
            "get /control/v1/reratings/{id}/calls", "get /control/v1/exports", "get /control/v1/exports/{id}", "get /control/v1/dead-letters", "post /control/v1/dead-letters/replay", "post /control/v1/keys", "get /control/v1/keys", "get /control/v1/keys/{id}", "patch /control/v1/keys/{id}",
            "delete /control/v1/keys/{id}", "post /control/v1/keys/{id}/rotate", "post /control/v1/wallets", "get /control/v1/wallets", "get /control/v1/wallets/{id}",
            "patch /control/v1/wallets/{id}", "delete /control/v1/wallets/{id}", "get /v1/wallet/balance", "post /control/v1/providers",
            "get /control/v1/providers", "get /control/v1/providers/{id}", "put /control/v1/providers/{id}", "delete /control/v1/providers/{id}",
            "post /control/v1/providers/{id}/test", "get /control/v1/provider-presets",
            "post /control/v1/providers/{id}/sync", "get /control/v1/providers/{id}/sync", "post /control/v1/providers/{id}/probe",
            "get /control/v1/providers/{id}/health", "get /control/v1/providers/{id}/health/history", "get /control/v1/health/providers", "get /v1/models/statistics",
            "post /control/v1/prices", "get /control/v1/prices", "get /control/v1/prices/effective", "get /control/v1/prices/{id}",
            "put /control/v1/prices/{id}", "delete /control/v1/prices/{id}", "get /control/v1/price-policy", "put /control/v1/price-policy",
            "get /control/v1/models", "get /control/v1/models/{id}", "put /control/v1/models/{id}", "delete /control/v1/models/{id}", "get /control/v1/model-policy", "put /control/v1/model-policy",
            "get /control/v1/usage/legacy",
            "get /control/v1/plan", "put /control/v1/plan", "get /control/v1/plan/quotas",
            "get /v1/models", "get /v1/models/{id}", "get /v1/usage", "get /v1/usage/{id}", "get /v1/usage/{id}/cost", "post /v1/chat/completions", "post /v1/embeddings", "post /v1/tokenize", "post /v1/messages/count_tokens", "post /v1/messages", "post /v1/responses",
            "post /v1/completions", "post /v1/moderations", "post /v1/rerank", "post /v2/rerank",
            "get /v1/responses/{id}", "delete /v1/responses/{id}", Bodiless, "get /v1/responses/{id}/input_items",
            "post /v1/images/generations", "post /v1/audio/speech", "post /v1/audio/transcriptions",
            "post /v1/videos", "get /v1/videos", "get /v1/videos/{id}", "delete /v1/videos/{id}", "get /v1/videos/{id}/content", "post /v1/videos/{id}/remix",
            "post /v1/files", "get /v1/files", "get /v1/files/{id}", "delete /v1/files/{id}", "get /v1/files/{id}/content",
            "post /v1/batches", "get /v1/batches", "get /v1/batches/{id}", "post /v1/batches/{id}/cancel",
            "get /control/v1/diagnostics", "get /control/v1/approvals", "put /control/v1/approvals",
            "post /v1/wallet/transfers", "get /v1/wallet/transfers", "get /v1/wallet/transfers/{id}", "post /v1/wallet/transfers/{id}/approve",
            "post /v1/wallet/transfers/{id}/reject", "post /v1/wallet/transfers/{id}/cancel",
            "post /v1/wallet/requests", "get /v1/wallet/requests", "get /v1/wallet/requests/{id}", "post /v1/wallet/requests/{id}/approve",
            "post /v1/wallet/requests/{id}/reject", "post /v1/wallet/requests/{id}/cancel",
            "post /control/v1/limits", "get /control/v1/limits", "get /control/v1/limits/{id}", "patch /control/v1/limits/{id}",
            "delete /control/v1/limits/{id}", "get /control/v1/limits/{id}/counters", "post /control/v1/limits/{id}/reset",
            .. TrafficOperations,
            "post /control/v1/wallets/{id}/top-ups", "post /control/v1/wallets/{id}/adjustments",
            "post /control/v1/wallets/{id}/freeze", "post /control/v1/wallets/{id}/unfreeze",
            .. Twice("get {0}/wallets/tree", "get {0}/wallets/{{id}}/outstanding", "post {0}/wallets/{{id}}/simulate",
                "get {0}/wallets/{{id}}/statement", "get {0}/wallets/{{id}}/thresholds", "get {0}/chargeback"), "get /v1/wallets", "get /v1/wallets/{id}",
        ];
        Assert.Equal(expected.Order(StringComparer.Ordinal), operations.Select(static o => o.Name).Order(StringComparer.Ordinal));
        Assert.Equal(operations.Count, operations.Select(static o => o.Operation.Text("operationId")).Distinct(StringComparer.Ordinal).Count());
        foreach (var (name, operation) in operations)
        {
            var open = name is "get /health" or "get /ready";
            Assert.Equal(!open, operation.TryGetProperty("security", out var security) && security.GetArrayLength() > 0);
            Assert.Equal(!open, operation.GetProperty("responses").TryGetProperty("401", out _));
            Assert.Equal(name.StartsWith('p') && name != Bodiless, operation.TryGetProperty("requestBody", out _));
        }
    }

    /// <summary>What routing is told and asked by.</summary>
    private static IEnumerable<string> TrafficOperations =>
    [
        .. Parts("chains"), .. Parts("experiments"), .. Parts("routes"), "post /control/v1/routes/explain",
        "post /control/v1/experiments/{id}/start", "post /control/v1/experiments/{id}/stop", "post /control/v1/experiments/{id}/conclude", "post /control/v1/experiments/{id}/rollback",
        "get /control/v1/experiments/{id}/results", "post /v1/feedback", "get /control/v1/feedback",
        .. Parts("preferences"), .. Parts("assignments"),
        "get /control/v1/region-policy", "put /control/v1/region-policy", "delete /control/v1/region-policy",
        "get /control/v1/categories", "get /control/v1/categories/{id}", "put /control/v1/categories/{id}", "delete /control/v1/categories/{id}",
        "get /control/v1/classifier", "put /control/v1/classifier", "delete /control/v1/classifier", "post /control/v1/classify",
        "get /v1/queue", "delete /v1/queue/{id}", "get /control/v1/queue", "get /control/v1/utilisation",
        .. Parts("cache/policies"), "get /v1/cache/stats", "delete /v1/cache", "delete /v1/cache/{ns}", "delete /v1/cache/{ns}/{key}", "post /v1/cache/warm",
    ];

    /// <summary>What every kind of configuration under <c>/control/v1</c> is served by.</summary>
    private static IEnumerable<string> Parts(string name) =>
        [$"post /control/v1/{name}", $"get /control/v1/{name}", .. PartVerbs.Select(verb => $"{verb} /control/v1/{name}/{{id}}")];

    [Fact]
    public async Task Usage_filters_are_documented()
    {
        await using var host = await CoreHost.StartAsync();
        var document = (await Http.GetAsync(host.Anonymous, "/openapi.json")).Json;

        var parameters = document.GetProperty("paths").GetProperty("/v1/usage").GetProperty("get").GetProperty("parameters").EnumerateArray()
            .Select(static p => p.Text("name"));

        Assert.Equal(["key", "model", "provider", "status", "request_id", "from", "to", "limit", "after"], parameters);
    }

    [Fact]
    public async Task What_may_be_null_may_be_left_out_of_a_request_and_is_always_in_an_answer()
    {
        await using var host = await CoreHost.StartAsync();
        var schemas = (await Http.GetAsync(host.Anonymous, "/openapi.json")).Json.GetProperty("components").GetProperty("schemas");

        Assert.Equal(["model", "messages"], Required("ChatCompletionRequest"));
        Assert.Contains("context_window", Required("ModelView"));

        IEnumerable<string?> Required(string name) => schemas.GetProperty(name).GetProperty("required").EnumerateArray().Select(static m => m.GetString());
    }

    /// <summary>Requests are read by name and documented by type: this keeps the two together.</summary>
    [Fact]
    public async Task Every_documented_member_is_one_the_endpoint_knows()
    {
        await using var host = await CoreHost.StartAsync();
        var document = (await Http.GetAsync(host.Anonymous, "/openapi.json")).Json;
        var walked = 0;
        foreach (var (name, operation) in Operations(document).Where(static o => o.Operation.TryGetProperty("requestBody", out _) && o.Name.Contains("/control/", StringComparison.Ordinal)))
        {
            var schema = Resolve(document, operation.GetProperty("requestBody").GetProperty("content").GetProperty("application/json").GetProperty("schema"));
            var method = name.Split(' ');
            if (!schema.TryGetProperty("properties", out var members))
            {
                // A body that may hold nothing.
                continue;
            }

            foreach (var member in members.EnumerateObject())
            {
                var path = method[1].Replace("{id}", Stored(host, method[1]), StringComparison.Ordinal);
                var answer = await host.Admin.SendAsync(
                    new HttpMethod(method[0].ToUpperInvariant()), path, $$"""{"{{member.Name}}":[[]]}""");

                Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
                Assert.Contains($"'{member.Name}", answer.ErrorText, StringComparison.Ordinal);
                Assert.DoesNotContain("is not a member", answer.ErrorText, StringComparison.Ordinal);
                walked++;
            }
        }

        Assert.True(walked > 30, $"{walked} members");
    }

    /// <summary>What administrators and keys have each for themselves.</summary>
    private static IEnumerable<string> Twice(params string[] names) => names.SelectMany(
        static n => new[] { string.Format(null, n, "/control/v1"), string.Format(null, n, "/v1") });

    private static string Stored(CoreHost host, string path)
    {
        if (path.Contains("limits", StringComparison.Ordinal))
        {
            return host.Admin.PostAsync("/control/v1/limits", """{"scope":"organisation","requests_per_day":1}""").Result.Json.Text("id");
        }

        if (path.Contains("routes", StringComparison.Ordinal))
        {
            return "sys_screenshot";
        }

        foreach (var (name, json) in new[]
        {
            ("chains", """{"name":"stored","entries":[{"model":"m"}]}"""),
            ("preferences", """{"level":"user","subject":"stored"}"""),
            ("assignments", """{"level":"global","primary_model":"m"}"""),
            ("cache/policies", """{"level":"company","mode":"off"}"""),
        })
        {
            if (path.Contains(name, StringComparison.Ordinal))
            {
                _ = host.Admin.PostAsync($"/control/v1/{name}", json).Result;
                return Http.GetAsync(host.Admin, $"/control/v1/{name}").Result.Json.GetProperty("data")[0].Text("id");
            }
        }

        if (path.Contains("prices", StringComparison.Ordinal))
        {
            _ = host.Admin.PostAsync("/control/v1/prices", """{"model":"m","prices":{"usd_per_million":{"input":"1","output":"1"}}}""").Result;
            return Http.GetAsync(host.Admin, "/control/v1/prices").Result.Json.GetProperty("data")[0].Text("id");
        }

        if (path.Contains("chains", StringComparison.Ordinal))
        {
            _ = host.Admin.PostAsync("/control/v1/chains", """{"name":"c","entries":[{"model":"m"}]}""").Result;
            return Http.GetAsync(host.Admin, "/control/v1/chains").Result.Json.GetProperty("data")[0].Text("id");
        }

        if (path.Contains("experiments", StringComparison.Ordinal))
        {
            const string Experiment = """{"name":"e","applies_to":"m","metric":"cost","variants":[{"name":"a","model":"m"},{"name":"b","model":"n"}]}""";
            return host.Admin.PostAsync("/control/v1/experiments", Experiment).Result.Json.Text("id");
        }

        if (!path.Contains("providers", StringComparison.Ordinal))
        {
            return path.Contains("wallets", StringComparison.Ordinal) ? host.Installation.WalletId : FirstId;
        }

        _ = host.Admin.PostAsync("/control/v1/providers", """{"id":"stored","base_url":"http://localhost:1/v1","models":"catalogue","price_provider":"openai"}""").Result;
        return "stored";
    }

    private static JsonElement Resolve(JsonElement document, JsonElement schema) => schema.TryGetProperty("$ref", out var reference)
        ? document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1])
        : schema;

    private static IEnumerable<(string Name, JsonElement Operation)> Operations(JsonElement document) =>
        from path in document.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select ($"{operation.Name} {path.Name}", operation.Value);
}
