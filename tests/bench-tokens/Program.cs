using System.Diagnostics;
using System.Globalization;
using AiOrchestrator.Bench.Tokens;

// Prints figures; ends with 1 if a count is not tiktoken's, never because of a figure.
if (args is ["--first", var encodingOfFirst])
{
    Console.WriteLine(Ours.First(encodingOfFirst).ToString(CultureInfo.InvariantCulture));
    return 0;
}

var quick = args.Contains("--quick");
var folder = Workplace.Folder;
if (!Directory.Exists(Path.Combine(folder, "node_modules")) || args.Contains("--install"))
{
    using var install = Process.Start(new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"]) { WorkingDirectory = folder });
    install!.WaitForExit();
    if (install.ExitCode != 0)
    {
        await Console.Error.WriteLineAsync("npm ci failed in tests/bench-tokens");
        return 1;
    }
}

using var place = new Workplace();
var run = new Run(place, quick);
return run.Measure() ? 0 : 1;
