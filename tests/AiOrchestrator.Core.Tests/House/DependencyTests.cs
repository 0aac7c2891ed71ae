using System.Reflection;
using System.Text.RegularExpressions;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Core.Tests.House;

/// <summary>Who may use whom, as the tables of docs/ARCHITECTURE.md say.</summary>
public sealed partial class DependencyTests
{
    private const string Map = "docs/ARCHITECTURE.md";
    private const string CoreFolder = "src/AiOrchestrator.Core/";
    private const string LedgerFolder = "src/AiOrchestrator.Ledger/";

    /// <summary>Area → what it may use, from the table.</summary>
    private static readonly Lazy<IReadOnlyDictionary<string, string[]>> Areas = new(static () => MarkdownText.Table(Map, "Areas of Core").ToDictionary(
        static row => MarkdownText.Plain(row[0]),
        static row => MarkdownText.Plain(row[1]) is "nothing" ? [] : MarkdownText.Plain(row[1]).Split(',', StringSplitOptions.TrimEntries),
        StringComparer.Ordinal));

    /// <summary>A namespace of Core in a using, fully or half qualified; not a member that happens to be called like one.</summary>
    private static readonly Lazy<Regex> UseOfArea = new(static () => new Regex(
        $@"(?<![\w.])((global::)?AiOrchestrator\.Core\.|Core\.)?(?<area>{string.Join('|', Areas.Value.Keys)})(?=\s*;|\.[A-Z])",
        RegexOptions.ExplicitCapture,
        TimeSpan.FromSeconds(1)));

    [Fact]
    public void Every_area_is_a_folder_and_every_folder_an_area() => Assert.Equal(
        Repository.CSharpFiles.Where(static f => f.StartsWith(CoreFolder, StringComparison.Ordinal)).Select(AreaOf).Distinct().Order(StringComparer.Ordinal),
        Areas.Value.Keys.Order(StringComparer.Ordinal));

    [Fact]
    public void The_table_has_an_order()
    {
        var above = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (area, uses) in Areas.Value)
        {
            Assert.True(uses.All(above.Contains), $"{area} may only use areas that stand above it");
            above.Add(area);
        }
    }

    [Fact]
    public void Areas_use_only_what_the_table_allows()
    {
        var faults = new List<string>();
        foreach (var file in Repository.CSharpFiles.Where(static f => f.StartsWith(CoreFolder, StringComparison.Ordinal)))
        {
            var area = AreaOf(file);
            var text = CSharpText.Read(file);
            foreach (Match match in UseOfArea.Value.Matches(text.Code))
            {
                var used = match.Groups["area"].Value;
                if (used != area && Areas.Value.ContainsKey(used) && !Areas.Value[area].Contains(used, StringComparer.Ordinal))
                {
                    faults.Add($"{file}:{text.LineOf(match.Index)} uses {used}, which {area} may not");
                }
            }
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Fact]
    public void The_use_of_an_area_is_seen_however_it_is_written()
    {
        string[] seen =
        [
            "using AiOrchestrator.Core.Wallets;", "using X = AiOrchestrator.Core.Wallets.Hold;", "using static AiOrchestrator.Core.Wallets.Y;",
            "var x = new Core.Wallets.Hold();", "global::AiOrchestrator.Core.Wallets.Hold x;", "Wallets.Hold x;", "List<Wallets.Hold> x;",
        ];
        Assert.All(seen, static code => Assert.Equal("Wallets", UseOfArea.Value.Match(code).Groups["area"].Value));
        Assert.DoesNotMatch(UseOfArea.Value, "exchange.Wallets.Count; set.Wallets = x; AiOrchestrator.Ledger.Wallets.Wallet w;");
    }

    [Fact]
    public void Ledger_uses_the_runtime_and_nothing_else()
    {
        Assert.All(
            typeof(NanoUsd).Assembly.GetReferencedAssemblies(),
            static name => Assert.True(IsRuntime(name), $"Ledger references {name.Name}"));
        Assert.DoesNotContain("Reference", Repository.Read(LedgerFolder + "AiOrchestrator.Ledger.csproj"), StringComparison.Ordinal);
        Assert.All(
            Repository.CSharpFiles.Where(static f => f.StartsWith(LedgerFolder, StringComparison.Ordinal)),
            static file => Assert.DoesNotMatch(InputOrOutput(), CSharpText.Read(file).Code));
    }

    [Fact]
    public void Core_knows_no_database_and_no_cloud() => Assert.All(
        typeof(ApiFailure).Assembly.GetReferencedAssemblies(),
        static name => Assert.True(
            IsRuntime(name) || name.Name is "AiOrchestrator.Ledger" or "Microsoft.Net.Http.Headers" or "Microsoft.OpenApi" or "NodaTime"
                || name.Name!.StartsWith("Microsoft.AspNetCore.", StringComparison.Ordinal)
                || name.Name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal),
            $"Core references {name.Name}"));

    [Fact]
    public void Http_is_known_only_where_the_map_says()
    {
        var allowed = MarkdownText.Table(Map, "Where HTTP is known").Select(static row => MarkdownText.Plain(row[0])).ToList();
        var knows = Repository.CSharpFiles
            .Where(static f => f.StartsWith(CoreFolder, StringComparison.Ordinal) && Http().IsMatch(CSharpText.Read(f).Code))
            .Select(static f => f[CoreFolder.Length..])
            .ToList();
        Assert.All(knows, file => Assert.True(allowed.Exists(pattern => Fits(pattern, file)), $"{file} knows HTTP and is not in the table"));
        Assert.All(allowed, pattern => Assert.True(knows.Exists(file => Fits(pattern, file)), $"{pattern} is in the table and knows no HTTP"));
    }

    [Fact]
    public void Nobody_calls_the_areas_that_consume_events() => Assert.All(
        Areas.Value.Where(static a => a.Value.Contains("Insight", StringComparer.Ordinal)),
        static a => Assert.Equal("Gateway", a.Key));

    [Fact]
    public void The_gateway_only_composes_Insight() => Assert.All(
        Repository.CSharpFiles.Where(static f => f.StartsWith(CoreFolder + "Gateway/", StringComparison.Ordinal) && !f.EndsWith("/GatewayApp.cs", StringComparison.Ordinal)),
        static file => Assert.DoesNotMatch(@"\bInsight\b", CSharpText.Read(file).Code));

    private static bool Fits(string pattern, string file) =>
        Regex.IsMatch(file, "^" + Regex.Escape(pattern).Replace(@"\*", "[^/]*", StringComparison.Ordinal) + "$", RegexOptions.None, TimeSpan.FromSeconds(1));

    private static string AreaOf(string file) => file[CoreFolder.Length..].Split('/') is [var area, _, ..] ? area : file;

    private static bool IsRuntime(AssemblyName name) => name.Name is "System" or "netstandard" or "mscorlib" || name.Name!.StartsWith("System.", StringComparison.Ordinal);

    [GeneratedRegex(@"\bMicrosoft\.AspNetCore\b|\bHttpContext\b", RegexOptions.None, 1000)]
    private static partial Regex Http();

    [GeneratedRegex(@"\b(System\.IO|System\.Net|File\.|TimeProvider|DateTime|DateTimeOffset|Random|Task)\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex InputOrOutput();
}
