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
    public Task Bad_rows_are_400_naming_the_member(string row, string param, string told) => IsRefusedAsync(row, param, told);

    [Theory]
    [InlineData("""{"id":"p","auth":"basic",*}""", "auth", "bearer")]
    [InlineData("""{"id":"p","headers":{"Authorization":"hunter2"},*}""", "headers.Authorization", "api_key_ref")]
    [InlineData("""{"id":"p","headers":{"x-api-key":"secret:env:A"},*}""", "headers.x-api-key", "auth")]
    [InlineData("""{"id":"p","headers":{"transfer-encoding":"chunked"},*}""", "headers.transfer-encoding", "cannot be set")]
    [InlineData("""{"id":"p","headers":{"Host":"b"},*}""", "headers.Host", "cannot be set")]
    [InlineData("""{"id":"p","headers":{"x-portkey-virtual-key":"hunter2"},*}""", "headers.x-portkey-virtual-key", "secret:env:NAME")]
    [InlineData("""{"id":"p","headers":{"x-a":"secret:hunter2"},*}""", "headers.x-a", "env:NAME")]
    [InlineData("""{"id":"p","headers":{"x-a":"secret:kv:hunter2"},*}""", "headers.x-a", "not understood here")]
    [InlineData("""{"id":"p","headers":{"x a":"b"},*}""", "headers.x a", "name")]
    [InlineData("""{"id":"p","headers":{"x-a":1},*}""", "headers.x-a", "text")]
    [InlineData("""{"id":"p","headers":{"x-a":"b","X-A":"c"},*}""", "headers.X-A", "twice")]
    [InlineData("""{"id":"p","headers":["x"],*}""", "headers", "object")]
    [InlineData("""{"id":"p","query":{"key":"hunter2"},*}""", "query.key", "URLs")]
    [InlineData("""{"id":"p","query":{"a&b":"c"},*}""", "query.a&b", "letters")]
    [InlineData("""{"id":"p","path_template":"openai/{model}",*}""", "path_template", "{path}")]
    [InlineData("""{"id":"p","path_template":"/../{path}",*}""", "path_template", "relative")]
    [InlineData("""{"id":"p","drop_members":["max_tokens"],*}""", "drop_members", "charged")]
    [InlineData("""{"id":"p","drop_members":["stream_options"],*}""", "drop_members", "stream_options")]
    [InlineData("""{"id":"p","rename_members":{"model":"engine"},*}""", "rename_members", "charged")]
    [InlineData("""{"id":"p","rename_members":{"seed":"max_tokens"},*}""", "rename_members", "charged")]
    [InlineData("""{"id":"p","rename_members":{"a":"c","b":"c"},*}""", "rename_members", "twice")]
    [InlineData("""{"id":"p","stream_options":"no",*}""", "stream_options", "true or false")]
    [InlineData("""{"id":"p","wire_format":"anthropic","drop_members":["user"],*}""", "drop_members", "openai")]
    public Task Bad_quirks_are_400_naming_the_member(string row, string param, string told) => IsRefusedAsync(row, param, told);

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

    private static async Task IsRefusedAsync(string row, string param, string told)
    {
        await using var host = await CoreHost.StartAsync();
        var rest = (row.Contains("\"base_url\"", StringComparison.Ordinal) ? "" : "\"base_url\":\"http://a/v1\",")
            + (row.Contains("\"models\"", StringComparison.Ordinal) ? "\"enabled\":true" : "\"models\":[{\"id\":\"x\",\"price_as\":\"gpt-4o\"}]");

        var answer = await host.Admin.PostAsync(Providers, row.Replace("*", rest, StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Contains(told, answer.ErrorText, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", answer.Text, StringComparison.Ordinal);
    }
}
