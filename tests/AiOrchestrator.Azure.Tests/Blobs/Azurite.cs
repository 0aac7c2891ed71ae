using System.Diagnostics;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Azure.Tests.Blobs;

/// <summary>
/// The storage emulator of tests/azure-tools on a free port, in memory. It ends with this process, however that ends: it watches its
/// standard input.
/// </summary>
public sealed class Azurite : IAsyncLifetime
{
    private const string Announcement = "successfully listens on ";
    private const string Account = "/devstoreaccount1";

    /// <summary>Bounds a start that hangs; a slow machine needs a few seconds.</summary>
    private static readonly TimeSpan Start = TimeSpan.FromMinutes(2);

    private readonly string[] _arguments;
    private Process? _process;

    /// <summary>The emulator as it is by itself: plain HTTP, its published key.</summary>
    public Azurite()
        : this([])
    {
    }

    /// <summary>The emulator with arguments of its command line.</summary>
    internal Azurite(string[] arguments) => _arguments = arguments;

    /// <summary>Address of the blob service.</summary>
    public Uri ServiceUri { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var tools = Path.Combine(Repository.Root, "tests", "azure-tools");
        Assert.True(
            Directory.Exists(Path.Combine(tools, "node_modules", "azurite")),
            "the storage emulator is not installed: run 'npm ci' in tests/azure-tools (eng/test does)");
        var start = new ProcessStartInfo("node", ["blobs.mjs", .. _arguments])
        {
            WorkingDirectory = tools,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var said = new List<string>();
        var listening = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Hear(line.Data);
        _process.ErrorDataReceived += (_, line) => Hear(line.Data);
        _process.Exited += (_, _) => listening.TrySetException(new InvalidOperationException("the storage emulator ended: " + Said()));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        ServiceUri = await listening.Task.WaitAsync(Start);

        void Hear(string? line)
        {
            lock (said)
            {
                said.Add(line ?? "");
            }

            if (line?.IndexOf(Announcement, StringComparison.Ordinal) is { } at and >= 0)
            {
                listening.TrySetResult(new Uri(line[(at + Announcement.Length)..].Trim() + Account));
            }
        }

        string Said()
        {
            lock (said)
            {
                return string.Join('\n', said);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }
}
