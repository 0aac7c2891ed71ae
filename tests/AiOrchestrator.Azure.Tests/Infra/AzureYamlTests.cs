using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Azure.Tests.Infra;

/// <summary>azure.yaml: what azd deploys, and what it runs before and after.</summary>
public sealed class AzureYamlTests
{
    [Fact]
    public void It_names_the_template_and_one_service()
    {
        var yaml = YamlText.Read(Repository.Read("azure.yaml"));
        Assert.Equal("aiorchestrator", yaml["name"]);
        Assert.StartsWith("aiorchestrator@", yaml["metadata.template"], StringComparison.Ordinal);
        Assert.Equal(
            ("src/AiOrchestrator.Functions", "dotnet", "function"),
            (yaml["services.api.project"], yaml["services.api.language"], yaml["services.api.host"]));
        Assert.Contains("infra/main.bicep", Repository.Files);
        Assert.Equal("infra/main.bicep", $"{yaml["infra.path"]}/{yaml["infra.module"]}.bicep");
    }

    [Fact]
    public void Its_hooks_exist_for_both_kinds_of_machine()
    {
        var yaml = YamlText.Read(Repository.Read("azure.yaml"));
        foreach (var hook in (string[])["postprovision", "postdeploy"])
        {
            Assert.Equal(("sh", $"eng/azd/{hook}.sh"), (yaml[$"hooks.{hook}.posix.shell"], yaml[$"hooks.{hook}.posix.run"]));
            Assert.Equal(("pwsh", $"eng/azd/{hook}.ps1"), (yaml[$"hooks.{hook}.windows.shell"], yaml[$"hooks.{hook}.windows.run"]));
            Assert.Contains($"eng/azd/{hook}.sh", Repository.Files);
            Assert.Contains($"eng/azd/{hook}.ps1", Repository.Files);
        }
    }

    [Theory]
    [InlineData("a: 1\n   b: 2\n")]
    [InlineData("a: 1\n  b: 2\n")]
    [InlineData("a: 1\na: 2\n")]
    [InlineData("- a\n")]
    public void What_is_not_understood_is_refused(string text) => Assert.Throws<FormatException>(() => YamlText.Read(text));
}
