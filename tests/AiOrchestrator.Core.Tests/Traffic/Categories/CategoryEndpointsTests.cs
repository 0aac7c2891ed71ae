using System.Net;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Traffic.Categories;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Tests.House;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Traffic.Categories;

public sealed class CategoryEndpointsTests
{
    private const string Root = "/control/v1/categories";

    [Theory]
    [InlineData(TaskCategory.Simple, "llama-4-scout-17b-16e-instruct")]
    [InlineData(TaskCategory.Medium, "llama-3.3-70b")]
    [InlineData(TaskCategory.Complex, "gpt-oss-120b")]
    [InlineData(TaskCategory.Reasoning, "gpt-oss-120b")]
    [InlineData(TaskCategory.Coding, "deepseek-v3")]
    [InlineData(TaskCategory.VisionIn, "gemini-3-pro-preview")]
    [InlineData(TaskCategory.Agentic, "gemini-3-pro-preview")]
    [InlineData(TaskCategory.ImageGen, "imagen-4.0-generate-001")]
    [InlineData(TaskCategory.VideoGen, "veo-3.1-generate-preview")]
    [InlineData(TaskCategory.Multilingual, "mistral-saba-24b")]
    [InlineData(TaskCategory.LongContext, "gemini-2.5-flash")]
    public async Task Each_category_ships_with_its_model_and_a_chain_behind_it(TaskCategory category, string first)
    {
        await using var host = await CoreHost.StartAsync();

        var found = host.Services.GetRequiredService<CategoryTable>().For(host.Installation.OrganisationId, category);

        Assert.Equal((first, false), (found.Entries[0].Model, found.IsOwn));
        Assert.InRange(found.Entries.Count, 3, 20);
        Assert.Equal(found.Entries.Count, found.Entries.Select(static e => e.Model).Distinct(StringComparer.Ordinal).Count());
    }

    private static readonly string[] Sources =
        ["src/AiOrchestrator.Core/Metering/catalogue.json", "src/AiOrchestrator.Core/Metering/prices.json", "src/AiOrchestrator.Core/Providers/Registry/registry.json"];

    [Fact]
    public void More_than_thirty_models_of_five_vendors_ship_and_each_is_known()
    {
        var known = Sources
            .Select(Repository.Read).SelectMany(static text => System.Text.Json.JsonDocument.Parse(text).RootElement.GetProperty("models").EnumerateArray())
            .SelectMany(static m => new[] { (m.Text("id"), m.Text("provider")) }.Concat(
                m.TryGetProperty("aliases", out var aliases) ? aliases.EnumerateArray().Select(a => (a.GetString()!, m.Text("provider"))) : []))
            .ToLookup(static m => m.Item1, static m => m.Item2, StringComparer.Ordinal);
        var shipped = Enum.GetValues<TaskCategory>().SelectMany(ShippedCategories.For).Select(static e => e.Model).Distinct(StringComparer.Ordinal).ToList();

        Assert.InRange(shipped.Count, 31, 100);
        Assert.All(shipped, m => Assert.NotEmpty(known[m]));
        string[] vendors = ["cerebras", "groq", "google", "openai", "anthropic", "mistral", "deepseek", "cohere", "x-ai"];
        Assert.All(vendors, v => Assert.Contains(shipped, m => known[m].Contains(v)));
    }

    [Fact]
    public async Task All_eleven_are_listed_with_what_holds()
    {
        await using var host = await CoreHost.StartAsync();
        await host.Admin.SendAsync(HttpMethod.Put, $"{Root}/coding", """{"entries":[{"model":"gpt-4o"}]}""");

        var rows = (await Http.GetAsync(host.Admin, Root)).Json.GetProperty("data").EnumerateArray().ToList();

        Assert.Equal(TaskCategories.Words, rows.Select(static r => r.Text("category")));
        Assert.Equal("coding", Assert.Single(rows, static r => r.Text("origin") == "own").Text("category"));
    }

    [Fact]
    public async Task Models_of_the_organisation_s_own_take_the_place_of_what_ships_until_they_are_deleted()
    {
        await using var host = await CoreHost.StartAsync();
        var table = host.Services.GetRequiredService<CategoryTable>();
        var organisation = host.Installation.OrganisationId;

        var put = await host.Admin.SendAsync(HttpMethod.Put, $"{Root}/CODING", """{"entries":[{"model":"own-1","weight":3},{"model":"own-2","provider":"here"}]}""");

        Assert.Equal(HttpStatusCode.OK, put.Status);
        Assert.Equal(("coding", "own"), (put.Json.Text("category"), put.Json.Text("origin")));
        Assert.Equal([new ChainEntry("own-1", null, 3), new ChainEntry("own-2", "here")], table.For(organisation, TaskCategory.Coding).Entries);
        Assert.False(table.For("org_other", TaskCategory.Coding).IsOwn);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await host.Admin.SendAsync(HttpMethod.Put, $"{Root}/coding", """{"entries":[{"model":"x"}]}""", ifMatch: "\"no\"")).Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await host.Admin.SendAsync(HttpMethod.Put, $"{Root}/simple", """{"entries":[{"model":"x"}]}""", ifMatch: "\"no\"")).Status);

        await using (var again = await CoreHost.StartAsync(on: host))
        {
            Assert.Equal("own-1", again.Services.GetRequiredService<CategoryTable>().For(organisation, TaskCategory.Coding).Entries[0].Model);
        }

        Assert.Equal(HttpStatusCode.NoContent, (await host.Admin.SendAsync(HttpMethod.Delete, $"{Root}/coding", null, ifMatch: put.Message.Headers.ETag!.ToString())).Status);
        Assert.Equal("deepseek-v3", table.For(organisation, TaskCategory.Coding).Entries[0].Model);
        Assert.Equal("category_not_replaced", (await host.Admin.SendAsync(HttpMethod.Delete, $"{Root}/coding", null)).Code);
    }

    [Fact]
    public async Task A_chain_takes_the_place_of_what_ships_as_long_as_it_is_there()
    {
        await using var host = await CoreHost.StartAsync();
        var chain = (await host.Admin.PostAsync("/control/v1/chains", """{"name":"cheap","strategy":"cheapest","entries":[{"model":"a"},{"model":"b"}]}""")).Json.Text("id");

        var put = await host.Admin.SendAsync(HttpMethod.Put, $"{Root}/simple", """{"chain":"cheap"}""");

        Assert.Equal((chain, "a"), (put.Json.Text("chain"), put.Json.GetProperty("entries")[0].Text("model")));
        var found = host.Services.GetRequiredService<CategoryTable>().For(host.Installation.OrganisationId, TaskCategory.Simple);
        Assert.Equal((true, Strategy.Cheapest), (found.IsOwn, found.Chain!.Strategy));

        await host.Admin.SendAsync(HttpMethod.Delete, $"/control/v1/chains/{chain}", null);
        Assert.Equal("shipped", (await Http.GetAsync(host.Admin, $"{Root}/simple")).Json.Text("origin"));
    }

    [Theory]
    [InlineData("{}", "entries")]
    [InlineData("""{"entries":[]}""", "entries")]
    [InlineData("""{"chain":"none"}""", "chain")]
    [InlineData("""{"entries":[{"model":"a"},{"model":"a"}]}""", "entries[1].model")]
    [InlineData("""{"entries":[{"provider":"a"}]}""", "entries[0].model")]
    public async Task What_is_wrong_with_a_request_is_named(string body, string member)
    {
        await using var host = await CoreHost.StartAsync();

        var answer = await host.Admin.SendAsync(HttpMethod.Put, $"{Root}/simple", body);

        Assert.Equal((HttpStatusCode.BadRequest, member), (answer.Status, answer.Param));
    }

    [Fact]
    public async Task Only_the_eleven_can_be_asked_for()
    {
        await using var host = await CoreHost.StartAsync();

        Assert.Equal("category_not_found", (await Http.GetAsync(host.Admin, $"{Root}/poetry")).Code);
        Assert.Equal("category_not_found", (await host.Admin.SendAsync(HttpMethod.Put, $"{Root}/poetry", """{"entries":[{"model":"a"}]}""")).Code);
        Assert.Equal("category_not_found", (await host.Admin.SendAsync(HttpMethod.Delete, $"{Root}/poetry", null)).Code);
    }
}
