using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers.Chat;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Providers.Gemini;

/// <summary>Calls to Gemini on Vertex AI: a service account's key file becomes an access token, off the way of calls. Real sockets everywhere.</summary>
public sealed class VertexCallTests : IDisposable
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private readonly RSA _key = RSA.Create(2048);

    public void Dispose() => _key.Dispose();

    [Fact]
    public async Task A_service_account_has_a_token_before_the_first_call_and_calls_share_it()
    {
        await using var tokens = await GeminiScene.UpstreamAsync(Token("ya29.first"));
        await using var upstream = await GeminiScene.UpstreamAsync(GeminiScene.Answer);
        await using var host = await GeminiScene.StartAsync(upstream, GeminiScene.VertexPath, KeyFile(tokens));
        Assert.Single(tokens.Asked);

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => host.Caller.PostAsync("/v1/chat/completions", GeminiScene.Ask)));

        Assert.All(answers, static a => Assert.Equal(HttpStatusCode.OK, a.Status));
        Assert.All(upstream.Asked, static a => Assert.Equal(
            ($"{GeminiScene.VertexPath}/models/gemini-2.5-flash:generateContent", "Bearer ya29.first"), (a.Path, a.Headers["Authorization"])));
        Assert.All(upstream.Asked, static a => Assert.DoesNotContain("x-goog-api-key", a.Headers.Keys));
        var (path, _, form) = Assert.Single(tokens.Asked);
        AssertSigned(form, host.Time.GetUtcNow(), $"{tokens.Address}{path}");
    }

    [Fact]
    public async Task A_token_is_had_anew_from_half_its_life_on_and_the_old_one_serves_while_none_is_given()
    {
        await using var tokens = await RecordedTokens.StartAsync();
        await using var upstream = await GeminiScene.UpstreamAsync(GeminiScene.Answer);
        await using var host = await GeminiScene.StartAsync(upstream, GeminiScene.VertexPath, KeyFile(tokens.Address));

        Assert.Equal("Bearer t1", await UsedAfterAsync(host, upstream, minutes: 29));
        tokens.IsBroken = true;
        Assert.Equal("Bearer t1", await UsedAfterAsync(host, upstream, minutes: 5));
        tokens.IsBroken = false;
        Assert.Equal("Bearer t3", await UsedAfterAsync(host, upstream, minutes: 5));
    }

    [Theory]
    [InlineData("""{"type":"authorized_user","client_id":"x"}""", "is not of \"type\": \"service_account\"")]
    [InlineData("""{"type":"service_account","client_email":"a@b"}""", "without client_email or private_key")]
    [InlineData("""{"type":"service_account","client_email":"a@b","private_key":"no key","token_uri":"https://example.com/t"}""", "whose private_key is no RSA key")]
    [InlineData("""{"type":"service_account","client_email":"a@b","private_key":"k","token_uri":"http://example.com/t"}""", "whose token_uri is no https address")]
    [InlineData("{no JSON", "neither an API key nor the JSON of a service account")]
    public async Task A_key_file_that_is_none_puts_the_row_out_of_service_and_says_why(string secret, string why)
    {
        await using var upstream = await GeminiScene.UpstreamAsync(GeminiScene.Answer);
        await using var host = await GeminiScene.StartAsync(upstream, GeminiScene.VertexPath, secret);

        var row = await host.Admin.SendAsync(HttpMethod.Get, "/control/v1/providers/gem", null);

        Assert.Contains(why, string.Concat(row.Json.GetProperty("errors").EnumerateArray().Select(static e => e.GetString())), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Caller.PostAsync("/v1/chat/completions", GeminiScene.Ask)).Status);
    }

    [Fact]
    public async Task A_token_that_is_refused_is_said_in_Googles_words()
    {
        await using var tokens = await GeminiScene.UpstreamAsync("""{"error":"invalid_grant","error_description":"Invalid JWT Signature."}""", status: 400);
        await using var upstream = await GeminiScene.UpstreamAsync(GeminiScene.Answer);
        await using var host = await GeminiScene.StartAsync(upstream, GeminiScene.VertexPath, KeyFile(tokens));

        var row = await host.Admin.SendAsync(HttpMethod.Get, "/control/v1/providers/gem", null);

        Assert.Contains("400 invalid_grant Invalid JWT Signature.", row.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("PRIVATE KEY", row.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Vertex_is_not_told_ids_of_calls_which_it_refuses()
    {
        await using var upstream = await GeminiScene.UpstreamAsync(GeminiScene.Answer);
        await using var host = await GeminiScene.StartAsync(upstream, GeminiScene.VertexPath);
        await host.Caller.PostAsync("/v1/chat/completions", """
            {"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hi"},
            {"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"x"}]}
            """);
        Assert.Equal(
            """{"contents":[{"role":"user","parts":[{"text":"Hi"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"x"}}}]}],"generationConfig":{"maxOutputTokens":5}}""",
            Assert.Single(upstream.Asked).Body);
    }

    [Fact]
    public async Task Embeddings_on_Vertex_are_predictions_whose_tokens_are_reported()
    {
        await using var upstream = await GeminiScene.UpstreamAsync("""{"predictions":[{"embeddings":{"values":[1,2],"statistics":{"truncated":false,"token_count":4}}},{"embeddings":{"values":[3,4],"statistics":{"token_count":5.0}}}]}""");
        await using var host = await GeminiScene.StartAsync(upstream, GeminiScene.VertexPath);

        var answer = await host.Caller.PostAsync("/v1/embeddings", """{"model":"e","input":["a","b"],"dimensions":2}""");

        Assert.Equal("[3,4]", answer.Json.GetProperty("data")[1].GetProperty("embedding").GetRawText());
        Assert.Equal(9, answer.Json.GetProperty("usage").GetProperty("prompt_tokens").GetInt64());
        var (path, _, body) = Assert.Single(upstream.Asked);
        Assert.Equal(
            ($"{GeminiScene.VertexPath}/models/gemini-embedding-001:predict", """{"instances":[{"content":"a"},{"content":"b"}],"parameters":{"outputDimensionality":2}}"""),
            (path, body));
    }

    private static async Task<string> UsedAfterAsync(CoreHost host, RecordedUpstream upstream, int minutes)
    {
        host.Time.Advance(TimeSpan.FromMinutes(minutes));
        await host.Services.GetRequiredService<TokenRenewal>().TurnAsync(TestContext.Current.CancellationToken);
        await host.Caller.PostAsync("/v1/chat/completions", GeminiScene.Ask);
        return upstream.Asked.Last().Headers["Authorization"];
    }

    private static string Token(string token) => $$"""{"access_token":"{{token}}","expires_in":3599,"token_type":"Bearer"}""";

    private string KeyFile(RecordedUpstream tokens) => KeyFile(tokens.Address);

    private string KeyFile(string tokenUri) => JsonSerializer.Serialize(
        new Dictionary<string, string>
        {
            ["type"] = "service_account",
            ["client_email"] = "ao@p.iam.gserviceaccount.com",
            ["private_key_id"] = "k1",
            ["private_key"] = _key.ExportPkcs8PrivateKeyPem(),
            ["token_uri"] = $"{tokenUri}/token",
        },
        Indented);

    private void AssertSigned(string form, DateTimeOffset now, string audience)
    {
        Assert.StartsWith("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=", form, StringComparison.Ordinal);
        var parts = form[(form.LastIndexOf('=') + 1)..].Split('.');
        Assert.True(_key.VerifyData(
            Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Assert.Equal("""{"alg":"RS256","typ":"JWT","kid":"k1"}""", Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[0])));
        var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1])).RootElement;
        Assert.Equal(("ao@p.iam.gserviceaccount.com", audience), (claims.Text("iss"), claims.Text("aud")));
        Assert.Equal("https://www.googleapis.com/auth/cloud-platform", claims.Text("scope"));
        Assert.Equal((now.ToUnixTimeSeconds(), now.ToUnixTimeSeconds() + 3600), (claims.GetProperty("iat").GetInt64(), claims.GetProperty("exp").GetInt64()));
    }
}
