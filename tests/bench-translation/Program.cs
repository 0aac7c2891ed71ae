using AiOrchestrator.Bench.Translation;

// Prints figures and judges none; ends with 1 where an answer does not come to its end, or a request cannot be said.
if (args.Any(static a => a != "--quick"))
{
    await Console.Error.WriteLineAsync("usage: dotnet run -c Release --project tests/bench-translation -- [--quick]");
    return 2;
}

return new Run(isQuick: args.Length > 0).Measure() ? 0 : 1;
