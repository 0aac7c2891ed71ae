using System.Diagnostics;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Wallets;
using AiOrchestrator.Server.Storage;

namespace AiOrchestrator.Bench.Money;

/// <summary>A data directory for one measurement, removed after it. <c>AO_BENCH_DIR</c> says on which disk.</summary>
internal sealed class Workplace : IDisposable
{
    private readonly string _path = Path.Combine(
        Environment.GetEnvironmentVariable("AO_BENCH_DIR") ?? Path.GetTempPath(), "ao-bench-" + Environment.ProcessId + "-" + Stopwatch.GetTimestamp());

    public StorageSet Open(JournalOptions? journal = null) => StorageSet.Open(
        new StorageOptions { Directory = _path, Terms = new LeaseTerms(CallMaxMs: 600_000), Journal = journal ?? new JournalOptions() },
        new TzdbTimeZones(),
        TimeProvider.System);

    public string File(string name) => Path.Combine(_path, name);

    public long Bytes(string name) => new FileInfo(File(name)) is { Exists: true } file ? file.Length : 0;

    public void Dispose() => Directory.Delete(_path, recursive: true);
}

/// <summary>Wall clock and processor time from its making on.</summary>
internal sealed class Watch
{
    private readonly long _from = Stopwatch.GetTimestamp();
    private readonly TimeSpan _processor = Process.GetCurrentProcess().TotalProcessorTime;

    public double Seconds => Stopwatch.GetElapsedTime(_from).TotalSeconds;

    public double ProcessorSeconds => (Process.GetCurrentProcess().TotalProcessorTime - _processor).TotalSeconds;
}
