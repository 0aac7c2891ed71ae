using System.Diagnostics;
using System.Text.RegularExpressions;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Azure.Tests.Infra;

/// <summary>
/// eng/azd/postprovision.sh and postdeploy.sh, run with an Azure CLI that keeps its vault in a folder. Windows runs their counterparts in
/// PowerShell, which are not run here.
/// </summary>
public sealed partial class HookTests : IDisposable
{
    /// <summary>az: one file per secret; fails as the service does where there is none, or where a file named `broken` says so.</summary>
    private const string AzureCli = """
        #!/usr/bin/env bash
        here=$(dirname "$0")
        echo "$*" >>"$here/calls"
        secret() { local n=${1##*/secrets/}; echo "$here/vault/${n%%\?*}"; }
        case "$1 $2 $3" in
          "account show "*) [ ! -e "$here/signed-out" ] ;;
          "rest --method get")
            [ ! -e "$here/broken" ] || { echo "ERROR: Forbidden" >&2; exit 1; }
            [ -e "$(secret "$5")" ] || { echo 'ERROR: Not Found({"error":{"code":"SecretNotFound"}})' >&2; exit 1; } ;;
          "rest --method put") sed -E 's/.*"value":"([^"]*)".*/\1/' "${7#@}" >"$(secret "$5")" ;;
          "keyvault secret show") cat "$here/vault/${!#}" 2>/dev/null ;;
          *) exit 2 ;;
        esac
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("ao-hooks").FullName;

    public HookTests()
    {
        _ = Directory.CreateDirectory(Path.Combine(_folder, "vault"));
        File.WriteAllText(Path.Combine(_folder, "az"), AzureCli.ReplaceLineEndings("\n"));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Path.Combine(_folder, "az"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_first_time_both_keys_are_made_and_only_the_API_key_is_shown()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var (code, said) = await RunAsync("postprovision");
        Assert.Equal((0, true), (code, said.Contains("https://func-x.example", StringComparison.Ordinal)));
        Assert.Matches("^ao-admin-[A-Za-z0-9]{43}$", Secret("ao-admin-key"));
        Assert.Matches("^sk-ao-[A-Za-z0-9]{43}$", Secret("ao-bootstrap-key"));
        Assert.Contains(Secret("ao-bootstrap-key"), said, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret("ao-admin-key"), said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Again_nothing_is_changed_and_nothing_is_shown()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        _ = await RunAsync("postprovision");
        var before = (Secret("ao-admin-key"), Secret("ao-bootstrap-key"));
        var (code, said) = await RunAsync("postprovision");
        Assert.Equal((0, before), (code, (Secret("ao-admin-key"), Secret("ao-bootstrap-key"))));
        Assert.DoesNotContain(before.Item1, said, StringComparison.Ordinal);
        Assert.DoesNotContain(before.Item2, said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_admin_key_is_shown_to_whoever_asks()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var (_, said) = await RunAsync("postprovision", ("AO_PRINT_ADMIN_KEY", "true"));
        Assert.Contains(Secret("ao-admin-key"), said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_key_is_in_anybodys_arguments()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        _ = await RunAsync("postprovision");
        var calls = await File.ReadAllTextAsync(Path.Combine(_folder, "calls"));
        Assert.DoesNotContain("ao-admin-" + Secret("ao-admin-key")["ao-admin-".Length..], calls, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret("ao-bootstrap-key"), calls, StringComparison.Ordinal);
        Assert.Equal(2, Put().Count(calls));
    }

    [Theory]
    [InlineData("broken")]
    [InlineData("signed-out")]
    public async Task A_vault_that_cannot_be_asked_is_left_alone(string how)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        await File.WriteAllTextAsync(Path.Combine(_folder, how), "");
        var (code, _) = await RunAsync("postprovision");
        Assert.NotEqual(0, code);
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "vault")));
    }

    [Fact]
    public async Task A_variable_that_is_missing_is_named()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var (code, said) = await RunAsync("postprovision", ("AZURE_KEY_VAULT_NAME", ""));
        Assert.Equal((1, true), (code, said.Contains("AZURE_KEY_VAULT_NAME is not set", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task After_the_deployment_the_first_calls_are_told_and_no_key()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        _ = await RunAsync("postprovision");
        var (code, said) = await RunAsync("postdeploy");
        Assert.Equal(0, code);
        Assert.Contains("curl https://func-x.example/health", said, StringComparison.Ordinal);
        Assert.Contains("curl https://func-x.example/v1/chat/completions", said, StringComparison.Ordinal);
        Assert.Contains("\"model\":\"echo\"", said, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret("ao-bootstrap-key"), said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_the_admin_key_cannot_be_read_the_row_to_send_is_told()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var (code, said) = await RunAsync("postdeploy", ("AZURE_OPENAI_BASE_URL", "https://cog-x.example/openai/v1"), ("AZURE_OPENAI_MODEL", "gpt-5-mini"));
        Assert.Equal(0, code);
        Assert.Contains("\"api_key_ref\": \"kv:azure-openai-api-key\"", said, StringComparison.Ordinal);
    }

    private string Secret(string name) => File.ReadAllText(Path.Combine(_folder, "vault", name)).Trim();

    /// <summary>Runs a hook as azd does; half a minute at most.</summary>
    private async Task<(int Code, string Said)> RunAsync(string hook, params (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(Repository.Root, "eng", "azd", hook + ".sh")])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = _folder + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH");
        (string Name, string Value)[] azd =
        [
            ("AZURE_SUBSCRIPTION_ID", "sub"), ("AZURE_RESOURCE_GROUP", "rg-x"), ("AZURE_KEY_VAULT_NAME", "kv-x"),
            ("SERVICE_API_URI", "https://func-x.example"), ("VNET_ENABLED", "false"),
        ];
        foreach (var (name, value) in azd.Concat(variables))
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        using var bound = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var output = process.StandardOutput.ReadToEndAsync(bound.Token);
        var errors = process.StandardError.ReadToEndAsync(bound.Token);
        await process.WaitForExitAsync(bound.Token);
        return (process.ExitCode, await output + await errors);
    }

    [GeneratedRegex("--method put ", RegexOptions.None, 1000)]
    private static partial Regex Put();
}
