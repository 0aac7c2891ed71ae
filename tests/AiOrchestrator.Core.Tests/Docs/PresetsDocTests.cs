using AiOrchestrator.Core.Providers;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Core.Tests.Docs;

/// <summary>What docs/operations/providers.md says of presets, compared with the data file.</summary>
public sealed class PresetsDocTests
{
    private const string File = "docs/operations/providers.md";

    [Fact]
    public void Presets_are_as_documented()
    {
        var rows = MarkdownText.Table(File, "Presets").Select(static r => (Id: MarkdownText.Plain(r[0]), Format: MarkdownText.Plain(r[2]), BaseUrl: MarkdownText.Plain(r[3])))
            .Where(static r => ProviderPresets.Named(r.Id) is not null);

        Assert.Equal(ProviderPresets.All.Select(static p => (p.Id, p.WireFormat, p.BaseUrl ?? p.Example!)), rows);
    }

    [Fact]
    public void Each_preset_has_a_call_that_adds_it()
    {
        var text = Repository.Read(File);

        Assert.All(ProviderPresets.All, p => Assert.Contains($"\"preset\":\"{p.Id}\"", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Quirks_are_as_documented()
    {
        var rows = MarkdownText.Table(File, "What is done differently").ToDictionary(static r => MarkdownText.Plain(r[0]), StringComparer.Ordinal);

        foreach (var preset in ProviderPresets.All)
        {
            var dropped = string.Join(", ", preset.DropMembers ?? []);
            var renamed = string.Join(", ", (preset.RenameMembers ?? new Dictionary<string, string>()).Select(static r => $"{r.Key} is {r.Value}"));
            var isNamed = rows.TryGetValue(preset.Id, out var row);
            Assert.True(isNamed == (dropped.Length + renamed.Length > 0), $"{preset.Id} is in the table only where it has quirks");
            if (isNamed)
            {
                Assert.Equal((Or(dropped), Or(renamed), preset.StreamOptions == false ? "no" : "yes"), (MarkdownText.Plain(row![1]), MarkdownText.Plain(row[2]), MarkdownText.Plain(row[3])));
            }
        }
    }

    private static string Or(string text) => text.Length == 0 ? "none" : text;
}
