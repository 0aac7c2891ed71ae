using System.Text.RegularExpressions;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Azure.Tests.Infra;

/// <summary>Nothing that is deployed from holds a secret.</summary>
public sealed partial class SecretsTests
{
    private static readonly string[] Folders = ["infra/", "eng/azd/"];

    private static readonly string[] Files = ["azure.yaml", "host.json", "local.settings.sample.json"];

    [Fact]
    public void No_file_holds_what_looks_like_a_secret()
    {
        var read = Repository.TextFiles.Where(static f => Files.Contains(f, StringComparer.Ordinal) || Folders.Any(folder => f.StartsWith(folder, StringComparison.Ordinal))).ToList();
        Assert.InRange(read.Count, 15, 200);
        Assert.All(read, static file => Assert.Empty(Secrets(Repository.Read(file)).Select(s => $"{file}: {s}")));
    }

    [Theory]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=x;AccountKey=abc")]
    [InlineData("Endpoint=sb://x/;SharedAccessKey=abc")]
    [InlineData("\"key\": \"Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6\"")]
    [InlineData("password = 'hunter2'")]
    [InlineData("sk-ao-0123456789abcdefghijABCDEFGHIJ0123456789")]
    public void A_secret_would_be_seen(string text) => Assert.NotEmpty(Secrets(text));

    [Fact]
    public void No_output_and_no_parameter_is_one() => Assert.All(
        BicepText.Read("infra/main.bicep") is var main ? main.Outputs.Concat(main.Parameters.Select(static p => p.Name)) : [],
        static name => Assert.DoesNotMatch("(?i)(password|secret|apikey|api_key|accesskey|connectionstring)", name));

    /// <summary>Keys in connection strings, passwords, keys of this product, and long words of mixed kinds that are no GUID and no address.</summary>
    private static IEnumerable<string> Secrets(string text) => Secret().Matches(text).Select(static m => m.Value)
        .Concat(LongWord().Matches(text).Select(static m => m.Value).Where(static w => w.Any(char.IsDigit) && w.Any(char.IsUpper) && w.Any(char.IsLower) && !Api().IsMatch(w)));

    [GeneratedRegex(@"(AccountKey|SharedAccessKey|SharedAccessSignature)=\w|(?i:password|pwd)['""]?\s*[:=]\s*['""]?\w|\bsk-[\w-]{20,}|\bsig=[\w%]{10,}|-----BEGIN", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Secret();

    [GeneratedRegex(@"(?<![\w/.+-])[A-Za-z0-9+/]{32,}={0,2}(?![\w/.+-])", RegexOptions.None, 1000)]
    private static partial Regex LongWord();

    /// <summary>The alphabet keys are made of.</summary>
    [GeneratedRegex("^ABCDEFGHIJKLMNOPQRSTUVWXYZ", RegexOptions.None, 1000)]
    private static partial Regex Api();
}
