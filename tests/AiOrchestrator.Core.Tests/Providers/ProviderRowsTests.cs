using System.Net;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Providers;

/// <summary>What a row may hold.</summary>
public sealed class ProviderRowsTests
{
    private const string Providers = "/control/v1/providers";

    /// <summary>A row's remaining members, the one at fault, and a word of what is told about it. All begin as good rows.</summary>
    [Theory]
    [InlineData("""{"id":"Up",*}""", "id", "a-z")]
    [InlineData("""{*}""", "id", "required")]
    [InlineData("""{"id":"p","base_url":"a/v1",*}""", "base_url", "absolute")]
    [InlineData("""{"id":"p","base_url":"http://u:hunter2@a/v1",*}""", "base_url", "credentials")]
    [InlineData("""{"id":"p","base_url":"http://a/v1?k=1",*}""", "base_url", "query")]
    [InlineData("""{"id":"p","api_key":"hunter2",*}""", "api_key", "api_key_ref")]
    [InlineData("""{"id":"p","api_key_ref":"hunter2",*}""", "api_key_ref", "env:NAME")]
    [InlineData("""{"id":"p","wire_format":"smoke-signals",*}""", "wire_format", "openai")]
    [InlineData("""{"id":"p","models":"catalogue",*}""", "models", "price_provider")]
    [InlineData("""{"id":"p","models":null,*}""", "models", "required")]
    [InlineData("""{"id":"p","models":"all",*}""", "models", "catalogue")]
    [InlineData("""{"id":"p","models":[],*}""", "models", "1 to")]
    [InlineData("""{"id":"p","models":[1],*}""", "models[0]", "object")]
    [InlineData("""{"id":"p","models":[{"id":"m","kind":"song"}],*}""", "models[0].kind", "embedding")]
    [InlineData("""{"id":"p","models":[{"id":"m","price_as":"openai/nothing"}],*}""", "models[0].price_as", "no model")]
    [InlineData("""{"id":"p","models":[{"id":"m","price":{}}],*}""", "models[0].price.input_usd_per_million", "required")]
    [InlineData("""{"id":"p","models":[{"id":"m","price":{"input_usd_per_million":"1"}}],*}""", "models[0].price.output_usd_per_million", "required for chat")]
    [InlineData("""{"id":"p","models":[{"id":"m","price":{"input_usd_per_million":"1000001","output_usd_per_million":"1"}}],*}""", "models[0].price", "cannot be used")]
    [InlineData("""{"id":"p","models":[{"id":"m","price_as":"gpt-4o","price":{"input_usd_per_million":"1","output_usd_per_million":"1"}}],*}""", "models[0].price_as", "exclude")]
    [InlineData("""{"id":"p","models":[{"id":"m","price_as":"gpt-4o"},{"id":"m","price_as":"gpt-4o"}],*}""", "models[1].id", "twice")]
    [InlineData("""{"id":"p","models":[{"id":"m m","price_as":"gpt-4o"}],*}""", "models[0].id", "visible")]
    [InlineData("""{"id":"p","models":[{"id":"m","price_as":"gpt-4o","colour":1}],*}""", "models[0].colour", "not a member")]
    [InlineData("""{"id":"p","idle_timeout_ms":999,*}""", "idle_timeout_ms", "1000")]
    [InlineData("""{"id":"p","max_connections":1.5,*}""", "max_connections", "whole")]
    [InlineData("""{"id":"p","priority":1e400,*}""", "priority", "whole")]
    [InlineData("""{"id":"p","on_client_gone":"wait",*}""", "on_client_gone", "cancel")]
    [InlineData("""{"id":"p","enabled":"yes",*}""", "enabled", "true or false")]
    public async Task Bad_rows_are_400_naming_the_member(string row, string param, string told)
    {
        await using var host = await CoreHost.StartAsync();
        var rest = (row.Contains("\"base_url\"", StringComparison.Ordinal) ? "" : "\"base_url\":\"http://a/v1\",")
            + (row.Contains("\"models\"", StringComparison.Ordinal) ? "\"enabled\":true" : "\"models\":[{\"id\":\"x\",\"price_as\":\"gpt-4o\"}]");

        var answer = await host.Admin.PostAsync(Providers, row.Replace("*", rest, StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Contains(told, answer.ErrorText, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_wrong_is_told_at_once()
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.PostAsync(Providers, """{"id":"P","base_url":"x","models":[{"id":"m","price_as":"no-such-model"}],"priority":-1,"extra":1}""");

        foreach (var param in new[] { "'id'", "'base_url'", "'models[0].price_as'", "'priority'", "'extra'" })
        {
            Assert.Contains(param, answer.ErrorText, StringComparison.Ordinal);
        }
    }
}
