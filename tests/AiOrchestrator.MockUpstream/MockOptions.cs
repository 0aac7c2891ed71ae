using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace AiOrchestrator.MockUpstream;

/// <summary>What a mock keeps. Both books are on unless switched off: the bench wants neither.</summary>
public sealed record MockOptions
{
    /// <summary>Port on 127.0.0.1; 0 (default) lets the system choose.</summary>
    public int Port { get; init; }

    /// <summary>Keep the last 64 requests for <c>GET /_mock/requests</c>. Default on.</summary>
    public bool Record { get; init; } = true;

    /// <summary>Keep the ledger of tokens served. Default on.</summary>
    public bool Ledger { get; init; } = true;
}

internal static class MockArguments
{
    public static bool TryParse(string[] args, out MockOptions options, [NotNullWhen(false)] out string? problem)
    {
        options = new MockOptions();
        problem = null;
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--no-record":
                    options = options with { Record = false };
                    break;
                case "--no-ledger":
                    options = options with { Ledger = false };
                    break;
                case "--port" when i + 1 < args.Length
                    && ushort.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var port):
                    options = options with { Port = port };
                    i++;
                    break;
                default:
                    problem = $"mock: cannot use argument '{args[i]}'; known: --port N, --no-record, --no-ledger";
                    return false;
            }
        }

        return true;
    }
}
