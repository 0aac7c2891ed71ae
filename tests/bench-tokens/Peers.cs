using System.Diagnostics;
using System.Text.Json;

namespace AiOrchestrator.Bench.Tokens;

/// <summary>The node process that holds the peers.</summary>
internal sealed class Peers : IDisposable
{
    private readonly Process _process;

    /// <param name="folder">The bench's own folder, where its packages are installed.</param>
    public Peers(string folder) => _process = Process.Start(new ProcessStartInfo("node", ["peers.mjs"])
    {
        WorkingDirectory = folder,
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    }) ?? throw new InvalidOperationException("node did not start");

    /// <summary>One pass of a peer over a file.</summary>
    /// <param name="peer">tiktoken or gpt-tokenizer.</param>
    /// <param name="encoding">cl100k_base or o200k_base.</param>
    /// <param name="file">A text.</param>
    /// <param name="clear">Whether the peer forgets first what it remembers of words.</param>
    public (double Seconds, int Tokens) Count(string peer, string encoding, string file, bool clear = false)
    {
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(new { peer, encoding, file, clear }));
        _process.StandardInput.Flush();
        using var answer = JsonDocument.Parse(_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the peers have ended"));
        return (answer.RootElement.GetProperty("ms").GetDouble() / 1e3, answer.RootElement.GetProperty("tokens").GetInt32());
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
