using System.Reflection;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Server.Configuration;

namespace AiOrchestrator.Server;

/// <summary>What a person at the terminal is told. Secrets are shown once, when they are made; those that were given are never repeated.</summary>
internal static class Notices
{
    public static void ShowHelp() => Console.WriteLine(
        $"""
        AiOrchestrator: an OpenAI-compatible gateway that charges every call to a wallet.

          --urls ADDRESSES           where to listen (AO_URLS); default {ServerOptions.DefaultUrls}
          --data-dir DIRECTORY       where everything is stored (AO_DATA_DIR); default ao-data
          --SECTION:OPTION VALUE     any option of docs/operations/options.md (AO_SECTION__OPTION)

        AO_ADMIN_KEY, AO_BOOTSTRAP_KEY and AO_BOOTSTRAP_LIMIT_USD set what the first start otherwise generates.
        OPENAI_API_KEY and the like add providers.
        """);

    public static void ShowSecrets(BootstrapResult first)
    {
        Console.WriteLine("First start. These are shown once; keep them:");
        if (first.GeneratedApiKey is { } apiKey)
        {
            Console.WriteLine($"  API key    {apiKey}");
        }

        if (first.GeneratedAdminKey is { } adminKey)
        {
            Console.WriteLine($"  Admin key  {adminKey}");
        }
    }

    public static void ShowReady(ICollection<string> urls, ServerOptions options, EnvironmentProviders providers, BootstrapResult first)
    {
        var version = Assembly.GetExecutingAssembly().GetName().Version?.ToString(3);
        var url = urls.First().Replace("//[::]", "//127.0.0.1", StringComparison.Ordinal).Replace("//0.0.0.0", "//127.0.0.1", StringComparison.Ordinal);
        if (first.Warning is { } warning)
        {
            Console.Error.WriteLine($"ai-orchestrator: {warning}");
        }

        if (first.FirstKeyCreated)
        {
            var key = first.GeneratedApiKey ?? "$AO_BOOTSTRAP_KEY";
            Console.WriteLine(
                $$"""

                A first call that needs no account:
                  curl {{url}}/v1/chat/completions -H "Authorization: Bearer {{key}}" -H "Content-Type: application/json" -d '{"model":"echo","messages":[{"role":"user","content":"Hello"}]}'

                """);
        }

        var names = providers.Rows.Select(static r => r.Id).Prepend("echo");
        Console.WriteLine($"AiOrchestrator {version} listening on {string.Join(", ", urls)} (data: {Path.GetFullPath(options.DataDirectory)}; providers: {string.Join(", ", names)})");
    }
}
