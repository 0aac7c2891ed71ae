using System.Net;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Providers;

public sealed class ProviderPresetsTests
{
    private const string Providers = "/control/v1/providers";

    public static TheoryData<string> Presets => [.. ProviderPresets.All.Select(static p => p.Id)];

    [Theory]
    [MemberData(nameof(Presets))]
    public async Task Each_preset_makes_a_row_that_is_served(string preset)
    {
        await using var host = await CoreHost.StartAsync(new() { ["PORTKEY_API_KEY"] = "pk", ["KEY"] = "sk" });
        var known = ProviderPresets.Named(preset)!;
        var baseUrl = known.BaseUrl is not null ? ""
            : known.WireFormat == "bedrock" ? "\"region\":\"us-east-1\",\"base_url\":\"https://mine.example/base\"," : "\"base_url\":\"https://mine.example/base\",";
        var models = known.HasCatalogue ? "" : "\"models\":[{\"id\":\"x\",\"price_as\":\"openai/gpt-4o\"}],";

        var created = await host.Admin.PostAsync(Providers, $$"""{{{baseUrl}}{{models}}"id":"p","preset":"{{preset}}","api_key_ref":"env:KEY"}""");

        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        Assert.Empty(created.Json.GetProperty("errors").EnumerateArray());
        Assert.Equal(known.BaseUrl ?? "https://mine.example/base", created.Json.Text("base_url"));
        Assert.Equal((known.WireFormat, known.PriceProvider, known.Auth), (created.Json.Text("wire_format"), created.Json.GetProperty("price_provider").GetString(), created.Json.GetProperty("auth").GetString()));
        Assert.Equal(known.StreamOptions ?? true, created.Json.GetProperty("stream_options").GetBoolean());
        Assert.Equal(known.DropMembers ?? [], created.Json.GetProperty("drop_members") is { ValueKind: System.Text.Json.JsonValueKind.Array } dropped ? dropped.EnumerateArray().Select(static d => d.GetString()) : []);
    }

    [Fact]
    public void Only_what_is_spoken_here_is_offered_and_each_once()
    {
        Assert.All(ProviderPresets.All, static p => Assert.NotNull(ChatFormats.Named(p.WireFormat)));
        Assert.Equal(ProviderPresets.All.Count, ProviderPresets.All.Select(static p => p.Id).Distinct(StringComparer.Ordinal).Count());
        var table = PriceTable.LoadEmbedded().Models;
        Assert.All(ProviderPresets.All.Where(static p => p.PriceProvider is not null), p => Assert.Contains(table, m => m.Provider == p.PriceProvider));
        Assert.All(ProviderPresets.All.Where(static p => p.HasCatalogue), static p => Assert.NotNull(p.PriceProvider));
        Assert.All(ProviderPresets.All.Where(static p => p.Environment is not null), static p => Assert.True(p is { HasCatalogue: true, BaseUrl: not null }));
        Assert.All(ProviderPresets.All, static p => Assert.NotEqual(p.BaseUrl is null, p.Example is null));
        Assert.DoesNotContain(ProviderPresets.All, static p => p.Id.Contains("xai", StringComparison.Ordinal) || p.Id.Contains("x-ai", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_row_says_itself_stands_instead_of_the_presets()
    {
        await using var host = await CoreHost.StartAsync(new() { ["PK"] = "pk" });

        var created = await host.Admin.PostAsync(
            Providers,
            """{"id":"p","preset":"mistral","base_url":"http://a/v1","models":[{"id":"m","price_as":"openai/gpt-4o"}],"drop_members":null,"rename_members":{"seed":"s"},"stream_options":true,"auth":"x-api-key"}""");
        var portkey = await host.Admin.PostAsync(
            Providers, """{"id":"k","preset":"portkey","models":[{"id":"m","price_as":"openai/gpt-4o"}],"headers":{"X-Portkey-Api-Key":"secret:env:PK","x-portkey-provider":"openai"}}""");

        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        Assert.Contains("\"auth\":\"x-api-key\",\"headers\":null,\"query\":null,\"path_template\":null,\"drop_members\":null,\"rename_members\":{\"seed\":\"s\"},\"stream_options\":true", created.Text, StringComparison.Ordinal);
        Assert.Contains("\"headers\":{\"X-Portkey-Api-Key\":\"secret:env:PK\",\"x-portkey-provider\":\"openai\"}", portkey.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"id":"p","preset":"nobody"}""", "preset", "provider-presets")]
    [InlineData("""{"id":"p","preset":"azure-openai","models":[{"id":"m","price_as":"openai/gpt-4o"}]}""", "base_url", "https://RESOURCE.openai.azure.com/openai/v1")]
    [InlineData("""{"id":"p","preset":"vllm"}""", "models", "required")]
    [InlineData("""{"id":"p","preset":"openai","api_key_ref":"entra:https://ai.azure.com/.default"}""", "api_key_ref", "not understood here")]
    public async Task What_a_preset_cannot_fill_is_asked_for(string row, string param, string told)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.PostAsync(Providers, row);

        Assert.Equal((HttpStatusCode.BadRequest, param), (answer.Status, answer.Param));
        Assert.Contains(told, answer.ErrorText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_are_told()
    {
        await using var host = await CoreHost.StartAsync();

        var told = await Http.GetAsync(host.Admin, "/control/v1/provider-presets");

        Assert.Equal(ProviderPresets.All.Select(static p => p.Id), told.Json.GetProperty("data").EnumerateArray().Select(static p => p.Text("id")));
        Assert.Equal(HttpStatusCode.Forbidden, (await Http.GetAsync(host.Caller, "/control/v1/provider-presets")).Status);
    }
}
