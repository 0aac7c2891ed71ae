using System.Net;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Identity;

public sealed class AuthenticationTests
{
    private const string Balance = "/v1/wallet/balance";

    [Theory]
    [InlineData("Authorization", "Bearer " + CoreHost.ApiKey)]
    [InlineData("Authorization", "bearer   " + CoreHost.ApiKey)]
    [InlineData("x-api-key", CoreHost.ApiKey)]
    [InlineData("api-key", CoreHost.ApiKey)]
    public async Task A_key_is_taken_from_any_of_three_headers(string header, string value)
    {
        await using var host = await CoreHost.StartAsync();

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(host, (header, value))).Status);
    }

    [Theory]
    [InlineData("Authorization", "Bearer", "invalid_api_key")]
    [InlineData("Authorization", "Basic dXNlcjpwYXNz", "invalid_api_key")]
    [InlineData("Authorization", CoreHost.ApiKey, "invalid_api_key")]
    [InlineData("Authorization", "Bearer sk-ao-nobody-has-this-one-here", "invalid_api_key")]
    [InlineData("x-api-key", "short", "invalid_api_key")]
    [InlineData("x-api-key", "", "missing_api_key")]
    [InlineData("x-other", CoreHost.ApiKey, "missing_api_key")]
    public async Task Anything_else_is_401(string header, string value, string code)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await SendAsync(host, (header, value));

        Assert.Equal((HttpStatusCode.Unauthorized, code), (answer.Status, answer.Code));
        Assert.Equal("false", answer.Message.Headers.GetValues("x-should-retry").Single());
    }

    [Fact]
    public async Task Another_scheme_does_not_hide_a_key_in_its_own_header()
    {
        await using var host = await CoreHost.StartAsync();

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(host, ("Authorization", "Basic dXNlcjpwYXNz"), ("x-api-key", CoreHost.ApiKey))).Status);
    }

    [Fact]
    public async Task Two_keys_in_one_header_are_none()
    {
        await using var host = await CoreHost.StartAsync();

        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(host, ("x-api-key", CoreHost.ApiKey), ("x-api-key", CoreHost.AdminKey))).Status);
    }

    [Fact]
    public async Task The_refusal_is_exactly_this()
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await SendAsync(host, ("x-api-key", "sk-ao-nobody-has-this-one-here"));

        Assert.Equal(
            """{"error":{"message":"The API key is not valid.","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}""",
            answer.Text);
    }

    private static async Task<Answer> SendAsync(CoreHost host, params (string Name, string Value)[] headers)
    {
        var client = host.ClientFor(null);
        foreach (var (name, value) in headers)
        {
            client.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        }

        return await Http.GetAsync(client, Balance);
    }
}
