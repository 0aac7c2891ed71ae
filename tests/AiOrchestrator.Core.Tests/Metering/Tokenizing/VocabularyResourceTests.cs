using System.Diagnostics;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Core.Tests.Metering.Tokenizing;

public sealed class VocabularyResourceTests
{
    [Fact]
    public async Task The_resources_are_what_their_tool_builds()
    {
        var folder = Path.Combine(Repository.Root, "eng", "vocabulary");
        Assert.True(Directory.Exists(Path.Combine(folder, "node_modules")), "run npm ci in eng/vocabulary first");
        using var process = Process.Start(new ProcessStartInfo("node", ["build.mjs", "--check"])
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, errors + await output);
        Assert.Equal(["cl100k_base.bin: as built", "o200k_base.bin: as built", "classes.bin: as built"], (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
