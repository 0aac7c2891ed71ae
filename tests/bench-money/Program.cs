using AiOrchestrator.Bench.Money;

// One part per name; a part prints its figures and never fails for being slow.
var parts = new Dictionary<string, Func<Sizes, Task>>(StringComparer.Ordinal)
{
    ["store"] = StorePart.RunAsync,
    ["recovery"] = RecoveryPart.RunAsync,
    ["hold"] = HoldPart.RunAsync,
    ["wallets"] = WalletsPart.RunAsync,
    ["stream"] = StreamPart.RunAsync,
    ["cost"] = CostPart.RunAsync,
};
var sizes = args.Contains("--quick") ? Sizes.Quick : Sizes.Full;
var names = args.Where(static a => !a.StartsWith('-')).ToArray();
if (names.Length == 0 || names.Any(n => !parts.ContainsKey(n)))
{
    await Console.Error.WriteLineAsync($"usage: dotnet run -c Release --project tests/bench-money -- [--quick] <part>...; parts: {string.Join(", ", parts.Keys)}");
    return 2;
}

foreach (var name in names)
{
    await parts[name](sizes);
}

return 0;
