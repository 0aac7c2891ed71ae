using System.Globalization;
using System.Reflection;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Ledger.Wallets;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Core.Tests.Docs;

/// <summary>
/// docs/operations/errors.md against every failure the product can make. Each record of <see cref="ApiFailure"/> is found by reflection and
/// really made, by every constructor it has, so a new one cannot be missed: one that cannot be made here fails the test.
/// </summary>
public sealed class ErrorsDocTests
{
    private const string File = "docs/operations/errors.md";

    /// <summary>A status nobody means: where it comes out again, a failure passes on what it was given.</summary>
    private const int AnyStatus = 777;

    private static readonly Lazy<IReadOnlyDictionary<string, int[]>> Documented = new(static () => MarkdownText.Table(File, "Codes").ToDictionary(
        static row => MarkdownText.Plain(row[0]),
        static row => row[1].Split(',', StringSplitOptions.TrimEntries).Select(static s => int.Parse(s, CultureInfo.InvariantCulture)).ToArray(),
        StringComparer.Ordinal));

    private static IEnumerable<Type> Failures => typeof(ApiFailure).Assembly.GetTypes()
        .Where(static t => t.IsSubclassOf(typeof(ApiFailure)) && !t.IsAbstract);

    [Fact]
    public void Every_code_is_documented_and_every_documented_code_exists() => Assert.Equal(
        Failures.SelectMany(static type => Made(type, [400])).Select(static f => f.Code).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
        Documented.Value.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void Every_status_is_as_documented()
    {
        foreach (var codes in Failures.SelectMany(static type => Made(type, [400])).GroupBy(static f => f.Code, StringComparer.Ordinal))
        {
            var documented = Documented.Value[codes.Key];
            var possible = codes.Select(static f => f.GetType()).Distinct()
                .SelectMany(type => Made(type, [.. documented, 0, 503, 504, AnyStatus]))
                .Select(static f => f.Status).ToHashSet();
            Assert.True(documented.All(possible.Contains), $"{codes.Key} is documented with a status it cannot have");
            Assert.True(
                possible.Contains(AnyStatus) || possible.SetEquals(documented),
                $"{codes.Key} can have {string.Join(", ", possible)}, documented are {string.Join(", ", documented)}");
        }
    }

    [Fact]
    public void What_is_promised_of_every_failure_holds() => Assert.All(Failures.SelectMany(static type => Made(type, [400])), static failure =>
    {
        Assert.Matches("^[a-z][a-z_]*$", failure.Code);
        Assert.NotEmpty(failure.Message);
        Assert.NotEmpty(failure.Type);
    });

    private static List<ApiFailure> Made(Type type, int[] statuses)
    {
        var made = new List<ApiFailure>();
        foreach (var constructor in type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic))
        {
            if (constructor.GetParameters() is [var only] && only.ParameterType == type)
            {
                // A record's copy constructor.
                continue;
            }

            foreach (var status in statuses)
            {
                made.Add((ApiFailure)constructor.Invoke([.. constructor.GetParameters().Select(p => Sample(p.ParameterType, status))]));
            }
        }

        return made.Count > 0 ? made : throw new InvalidOperationException($"{type.Name} cannot be made here: say how");
    }

    private static object? Sample(Type type, int status) =>
        type == typeof(string) ? "sample"
        : type == typeof(int) ? status
        : type == typeof(long) ? 1L
        : type == typeof(bool) ? false
        : type == typeof(ReadOnlyMemory<byte>) ? ReadOnlyMemory<byte>.Empty
        : type == typeof(WalletState) ? new WalletState("wal_sample", new WalletSettings { LimitNanoUsd = 1 }, Ledger.Periods.Period.Lifetime, 1) { SpentNanoUsd = 1, AllowanceNanoUsd = 1 }
        : type == typeof(RateRefusal) ? new RateRefusal("lim_sample", "key", "key_sample", 1, RateKind.RequestsPerMinute, 1)
        : type == typeof(IReadOnlyList<string>) ? new[] { "sample" }
        : type == typeof(IReadOnlyList<RequestProblem>) ? new[] { new RequestProblem("sample", "is wrong") }
        : type == typeof(ApiFailure) ? new InvalidJson("sample")
        : type == typeof(ProviderError) ? new ProviderError(null, "sample")
        : Nullable.GetUnderlyingType(type) is not null ? null
        : throw new InvalidOperationException($"no sample of {type.Name}: add one");
}
