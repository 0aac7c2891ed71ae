using System.Text;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Tests.Providers.OpenAi;

/// <summary>What a caller sends and what the provider gets, byte for byte: Golden/NAME.caller.json and NAME.upstream.json.</summary>
public sealed class OpenAiGoldenTests
{
    private static readonly PriceEntry Price = Entry("gpt-4o");

    public static TheoryData<string> Names() =>
        new(Directory.GetFiles(Folder, "*.caller.json").Select(static f => Path.GetFileName(f)[..^".caller.json".Length]).Order(StringComparer.Ordinal));

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Providers", "OpenAi", "Golden");

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_provider_gets_the_callers_bytes_with_the_fewest_edits(string name)
    {
        var caller = await File.ReadAllBytesAsync(Path.Combine(Folder, $"{name}.caller.json"));
        var expected = await File.ReadAllTextAsync(Path.Combine(Folder, $"{name}.upstream.json"));
        var facts = new RequestFacts();
        Assert.Null(OpenAiRequestReader.Read(caller, ModelCall.ChatCompletions, facts));
        var model = new ServedModel(facts.Model, name.Contains("renamed", StringComparison.Ordinal) ? "vendor/fast-1 \u00E9" : facts.Model, Price);
        var edits = OpenAiRequestWriter.Edits(facts, model, ModelCall.ChatCompletions, name.StartsWith("clamped", StringComparison.Ordinal) ? 300 : null);
        using var body = new UpstreamBody(caller, edits, "application/json", new ValueTask<bool>(true));
        var sent = await body.ReadAsByteArrayAsync();
        Assert.Equal(expected, Encoding.UTF8.GetString(sent));
        Assert.Equal(sent.Length, body.Headers.ContentLength);
    }

    [Fact]
    public void There_are_golden_files() => Assert.True(Names().Count >= 11);

    [Fact]
    public async Task Nothing_of_a_body_is_written_before_its_start_is_durable_and_nothing_at_all_when_it_cannot_be()
    {
        var durable = new TaskCompletionSource<bool>();
        using var body = new UpstreamBody("{}"u8.ToArray(), [], "application/json", new ValueTask<bool>(durable.Task));
        using var wire = new MemoryStream();
        var writing = body.CopyToAsync(wire);
        Assert.Equal(0, wire.Length);
        durable.SetResult(false);
        await Assert.ThrowsAnyAsync<Exception>(() => writing);
        Assert.Equal((0, true, false), (wire.Length, body.StartRefused, body.Sent));
    }

    private static PriceEntry Entry(string id)
    {
        Assert.True(PriceTable.LoadEmbedded().TryFindModel("openai", id, out var entry));
        return entry;
    }
}
