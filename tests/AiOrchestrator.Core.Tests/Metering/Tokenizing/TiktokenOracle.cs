using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Core.Tests.Metering.Tokenizing;

/// <summary>npm's tiktoken, in a process of its own (<c>tests/token-oracle</c>).</summary>
public sealed class TiktokenOracle : IDisposable
{
    private readonly Process _process = Process.Start(new ProcessStartInfo("node", ["oracle.mjs"])
    {
        WorkingDirectory = Folder,
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    }) ?? throw new InvalidOperationException("node did not start");

    /// <summary>Where it is; its packages must be installed, as <c>eng/test</c> does.</summary>
    internal static string Folder
    {
        get
        {
            var folder = Path.Combine(Repository.Root, "tests", "token-oracle");
            Assert.True(Directory.Exists(Path.Combine(folder, "node_modules")), "run npm ci in tests/token-oracle first");
            return folder;
        }
    }

    /// <summary>The ids of each text.</summary>
    internal async Task<IReadOnlyList<int[]>> EncodeAsync(string encoding, IReadOnlyList<string> texts)
    {
        var writing = Task.Run(async () =>
        {
            foreach (var text in texts)
            {
                await _process.StandardInput.WriteLineAsync(encoding + " " + Convert.ToBase64String(MemoryMarshal.AsBytes(text.AsSpan())));
            }

            await _process.StandardInput.FlushAsync();
        });
        var answers = new List<int[]>();
        for (var i = 0; i < texts.Count; i++)
        {
            var line = await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the oracle has ended");
            answers.Add([.. line.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(static id => int.Parse(id, CultureInfo.InvariantCulture))]);
        }

        await writing;
        return answers;
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
