using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AiOrchestrator.Bench.Targets;

/// <summary>A process this bench started and will end, whichever way the bench ends.</summary>
internal sealed partial class ChildProcess : IDisposable
{
    private const int KeptLines = 5;
    private const int KeptWidth = 200;
    private const int Terminate = 15;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly ConcurrentDictionary<ChildProcess, bool> Running = new();

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    private ChildProcess(Process process) => _process = process;

    /// <summary>Stays readable when the process is gone.</summary>
    public int Id { get; private set; }

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    /// <summary>The last lines it wrote, for telling why it did not come up.</summary>
    public string LastWords => string.Join(" | ", _lines);

    /// <exception cref="Win32Exception">There is no such program.</exception>
    public static ChildProcess Start(
        string program, IEnumerable<string> arguments, string? directory = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = directory ?? "",
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var child = new ChildProcess(new Process { StartInfo = start });
        child._process.OutputDataReceived += (_, e) => child.Keep(e.Data);
        child._process.ErrorDataReceived += (_, e) => child.Keep(e.Data);
        child._process.Start();
        child.Id = child._process.Id;
        Running[child] = true;
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Runs a program to its end; false when it failed or took longer than the bound.</summary>
    public static async Task<(bool Good, string Output)> RunAsync(
        string program, IEnumerable<string> arguments, TimeSpan bound, string? directory = null)
    {
        try
        {
            using var child = Start(program, arguments, directory);
            using var limit = new CancellationTokenSource(bound);
            await child._process.WaitForExitAsync(limit.Token);
            return (child.ExitCode == 0, child.LastWords);
        }
        catch (Win32Exception e)
        {
            // No such program: the caller says what to install.
            return (false, e.Message);
        }
        catch (OperationCanceledException)
        {
            // Disposing has ended it.
            return (false, $"{program} took longer than {bound.TotalSeconds:0} s");
        }
    }

    public static void EndAll()
    {
        foreach (var child in Running.Keys) child.Dispose();
    }

    public void Dispose()
    {
        if (!Running.TryRemove(this, out _)) return;
        try
        {
            // Asked first, so that nginx ends and reaps its own workers; then made to.
            if (!_process.HasExited) _ = Signal(_process.Id, Terminate);
            if (_process.WaitForExit(Grace)) return;
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit(TimeSpan.FromSeconds(5));
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It ended by itself between the look and the kill.
        }
        finally
        {
            _process.Dispose();
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Signal(int process, int signal);

    private void Keep(string? line)
    {
        if (string.IsNullOrWhiteSpace(line)) return;
        var words = line.Trim();
        _lines.Enqueue(words[..Math.Min(words.Length, KeptWidth)]);
        while (_lines.Count > KeptLines) _lines.TryDequeue(out _);
    }
}
