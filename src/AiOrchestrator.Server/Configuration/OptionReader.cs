using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Server.Configuration;

/// <summary>
/// Reads the command line and the environment into <see cref="ServerOptions"/>. The command line wins. Whatever is not understood is an
/// error that names it: a misspelt option never passes for a default.
/// </summary>
internal static class OptionReader
{
    /// <summary>Reads everything; errors are one line each.</summary>
    public static (ServerOptions Options, IReadOnlyList<string> Errors) Read(
        IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var options = new ServerOptions();
        var errors = new List<string>();
        var sections = SectionsOf(options);
        string? adminKey = null;
        string? bootstrapKey = null;
        var limitNanoUsd = options.Bootstrap.LimitNanoUsd;
        foreach (var (name, value) in environment)
        {
            switch (name)
            {
                case "AO_ADMIN_KEY":
                    adminKey = value;
                    break;
                case "AO_BOOTSTRAP_KEY":
                    bootstrapKey = value;
                    break;
                case "AO_BOOTSTRAP_LIMIT_USD":
                    if (!NanoUsd.TryParseUsd(value, out limitNanoUsd))
                    {
                        errors.Add($"AO_BOOTSTRAP_LIMIT_USD is '{value}': it must be an amount in US dollars such as 10 or 2.50");
                    }

                    break;
                case "AO_DATA_DIR":
                    OptionBinder.Set(options, "DataDirectory", value, name, errors);
                    break;
                case "AO_URLS":
                    OptionBinder.Set(options, "Urls", value, name, errors);
                    break;
                case "AO_LOG_LEVEL":
                    OptionBinder.Set(options, "LogLevel", value, name, errors);
                    break;
                default:
                    if (name.StartsWith(OptionBinder.Prefix, StringComparison.OrdinalIgnoreCase))
                    {
                        OptionBinder.SetInSection(sections, OptionBinder.PathOf(name), value, name, errors);
                    }

                    break;
            }
        }

        ReadArguments(arguments, options, sections, errors);
        options.Bootstrap = new BootstrapSettings(adminKey, bootstrapKey, limitNanoUsd);
        errors.AddRange(options.Bootstrap.Validate());
        errors.AddRange([.. options.Gateway.Validate(), .. options.Health.Validate(), .. options.Queue.Validate(), .. options.Insight.Validate(), .. options.Traffic.Validate(), .. options.Cache.Validate()]);
        errors.AddRange(options.Storage.Validate());
        CheckUrls(options.Urls, errors);
        return (options, errors);
    }

    private static void ReadArguments(
        IReadOnlyList<string> arguments, ServerOptions options, IReadOnlyDictionary<string, object> sections, List<string> errors)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? argument : argument[..equals];
            string? value = equals < 0 ? null : argument[(equals + 1)..];
            if (!name.StartsWith("--", StringComparison.Ordinal))
            {
                errors.Add($"'{argument}' is not an option; options are written --name value");
                continue;
            }

            if (value is null && ++i < arguments.Count)
            {
                value = arguments[i];
            }

            if (value is null)
            {
                errors.Add($"{name} needs a value");
            }
            else if (name == "--urls")
            {
                OptionBinder.Set(options, "Urls", value, name, errors);
            }
            else if (name == "--data-dir")
            {
                OptionBinder.Set(options, "DataDirectory", value, name, errors);
            }
            else
            {
                OptionBinder.SetInSection(sections, name[2..], value, name, errors);
            }
        }
    }

    private static void CheckUrls(string urls, List<string> errors)
    {
        var addresses = urls.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (addresses.Length == 0 || !addresses.All(static a =>
            a.StartsWith("http://", StringComparison.OrdinalIgnoreCase)
            && Uri.TryCreate(a.Replace("*", "any", StringComparison.Ordinal).Replace("+", "any", StringComparison.Ordinal), UriKind.Absolute, out _)))
        {
            errors.Add($"--urls is '{urls}': it must be addresses such as http://127.0.0.1:8080, separated by semicolons (TLS ends in front of the gateway)");
        }
    }

    /// <summary>What is set by section and name.</summary>
    private static Dictionary<string, object> SectionsOf(ServerOptions options) => new(StringComparer.OrdinalIgnoreCase)
    {
        ["Gateway"] = options.Gateway,
        ["Insight"] = options.Insight,
        ["Health"] = options.Health,
        ["Traffic"] = options.Traffic,
        ["Queue"] = options.Queue,
        ["Cache"] = options.Cache,
        ["Storage"] = options.Storage,
    };
}
