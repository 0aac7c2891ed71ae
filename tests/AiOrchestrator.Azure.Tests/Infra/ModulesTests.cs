using System.Text.Json;
using System.Text.RegularExpressions;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Azure.Tests.Infra;

/// <summary>infra/ holds together: what the compiler would say first, for machines that have none.</summary>
public sealed partial class ModulesTests
{
    private const string Main = "infra/main.bicep";

    [Fact]
    public void The_files_are_read_as_they_are()
    {
        var main = BicepText.Read(Main);
        Assert.InRange(main.Modules.Count, 10, 40);
        Assert.Contains(main.Parameters, static p => p is { Name: "environmentName", Default: null });
        Assert.Contains(main.Parameters, static p => p is { Name: "durableSku", Default: "'Consumption'" } && p.Allowed.SequenceEqual(["Consumption", "Dedicated"]));
        var storage = Assert.Single(main.Modules, static m => m.Symbol == "storage");
        Assert.Equal(["name", "location", "tags", "deploymentContainer", "dataContainer", "sku", "publicAccess"], storage.Passed);
    }

    [Fact]
    public void Modules_are_given_the_parameters_they_take() => None(
        from file in BicepText.All()
        from module in file.Modules
        let target = BicepText.Read(file.FileOf(module))
        let takes = target.Parameters.Select(static p => p.Name)
        let needs = target.Parameters.Where(static p => p.Default is null).Select(static p => p.Name)
        from fault in needs.Except(module.Passed).Select(name => $"does not give {name} to {module.Symbol}")
            .Concat(module.Passed.Except(takes).Select(name => $"gives {name} to {module.Symbol}, which has no such parameter"))
        select $"{file.File} {fault}");

    [Fact]
    public void Outputs_that_are_read_exist() => None(
        from file in BicepText.All()
        from read in file.OutputsRead
        let module = file.Modules.SingleOrDefault(m => m.Symbol == read.Symbol)
        where module is null || !BicepText.Read(file.FileOf(module)).Outputs.Contains(read.Output, StringComparer.Ordinal)
        select $"{file.File} reads {read.Symbol}.outputs.{read.Output}");

    [Fact]
    public void Every_file_is_used_by_another() => Assert.Equal(
        BicepText.All().Select(static f => f.File).Where(static f => f != Main),
        BicepText.All().SelectMany(static f => f.Modules.Select(f.FileOf)).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void Parameters_and_outputs_are_used() => None(
        from file in BicepText.All()
        from fault in file.Parameters.Where(p => Regex.Count(file.Text, $@"\b{p.Name}\b", RegexOptions.None, TimeSpan.FromSeconds(1)) < 2).Select(static p => $"does not use {p.Name}")
            .Concat(file.Outputs.Where(o => file.File != Main && !BicepText.All().Any(f => f.OutputsRead.Any(r => r.Output == o))).Select(static o => $"says {o}, which nobody reads"))
        select $"{file.File} {fault}");

    [Fact]
    public void Abbreviations_are_those_that_are_used()
    {
        using var json = JsonDocument.Parse(Repository.Read("infra/abbreviations.json"));
        Assert.Equal(
            Abbreviation().Matches(BicepText.Read(Main).Text).Select(static m => m.Groups["key"].Value).Distinct().Order(StringComparer.Ordinal),
            json.RootElement.EnumerateObject().Select(static p => p.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Nothing_comes_from_a_registry_of_modules() => Assert.All(
        BicepText.All().SelectMany(static f => f.Modules),
        static m => Assert.DoesNotContain(":", m.Path, StringComparison.Ordinal));

    [Fact]
    public void Everything_carries_the_tags_of_its_environment() => None(
        from file in BicepText.All()
        where file.File != Main
        from fault in Resource().Matches(file.Text)
            .Where(m => m.Groups["head"].Value is var head && !file.BlockAfter(head).Contains("parent: ", StringComparison.Ordinal)
                && !file.BlockAfter(head).Contains("scope: ", StringComparison.Ordinal)
                && !file.BlockAfter(head).Contains("tags: ", StringComparison.Ordinal))
            .Select(static m => m.Groups["head"].Value)
        select $"{file.File}: {fault} has no tags");

    private static void None(IEnumerable<string> faults)
    {
        var all = faults.Distinct(StringComparer.Ordinal).ToList();
        Assert.True(all.Count == 0, string.Join('\n', all));
    }

    [GeneratedRegex(@"\{abbreviations\.(?<key>\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Abbreviation();

    /// <summary>A resource that is made, at the top of a file.</summary>
    [GeneratedRegex(@"^(?<head>resource \w+ '[^']+' = (?!\[))", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Resource();
}
