using AiOrchestrator.Bench.Caching;

// Prints figures and judges no speed; ends with 1 where what is measured does not do what it should: a wrong answer would be given, or a goal is missed.
Part[] parts = [new PairsPart(), new WorkloadsPart(), new VectorsPart(), new PathPart()];
var named = args.Where(static a => a != "--quick").ToList();
if (named.Exists(n => !Array.Exists(parts, p => p.Name == n)))
{
    await Console.Error.WriteLineAsync($"usage: dotnet run -c Release --project tests/bench-caching -- [--quick] [{string.Join("] [", parts.Select(static p => p.Name))}]");
    return 2;
}

var stopwatch = new Measure(isQuick: args.Contains("--quick", StringComparer.Ordinal));
var isSound = true;
foreach (var part in parts.Where(p => named.Count == 0 || named.Contains(p.Name, StringComparer.Ordinal)))
{
    isSound &= part.Run(stopwatch);
}

return isSound ? 0 : 1;
