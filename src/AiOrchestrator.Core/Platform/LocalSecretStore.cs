using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Platform;

/// <summary>Secrets from the environment (<c>env:NAME</c>) and from files (<c>file:PATH</c>, as containers mount them), read anew each time.</summary>
/// <param name="variable">The environment, by name: null for a variable that is not set.</param>
/// <param name="logger">Told which file cannot be used, and why.</param>
public sealed partial class LocalSecretStore(Func<string, string?> variable, ILogger<LocalSecretStore> logger) : ISecretStore
{
    private const string EnvironmentScheme = "env:";
    private const string FileScheme = "file:";

    /// <summary>No secret is longer; whatever is was not meant.</summary>
    private const int MaxFileBytes = 64 << 10;

    /// <inheritdoc/>
    public bool Understands(string reference) =>
        (reference.StartsWith(EnvironmentScheme, StringComparison.Ordinal) && reference.Length > EnvironmentScheme.Length)
        || (reference.StartsWith(FileScheme, StringComparison.Ordinal) && reference.Length > FileScheme.Length);

    /// <inheritdoc/>
    public async ValueTask<string?> GetAsync(string reference, CancellationToken cancellation)
    {
        if (!Understands(reference))
        {
            return null;
        }

        return reference.StartsWith(EnvironmentScheme, StringComparison.Ordinal)
            ? NullIfEmpty(variable(reference[EnvironmentScheme.Length..]))
            : NullIfEmpty(await ReadAsync(reference[FileScheme.Length..], cancellation));
    }

    private static string? NullIfEmpty(string? secret) => string.IsNullOrEmpty(secret) ? null : secret;

    private async ValueTask<string?> ReadAsync(string path, CancellationToken cancellation)
    {
        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0, useAsync: true);
            var bytes = new byte[MaxFileBytes + 1];
            var length = await file.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
            if (length > MaxFileBytes)
            {
                Unreadable(logger, path, "it is larger than 64 KB");
                return null;
            }

            return System.Text.Encoding.UTF8.GetString(bytes, 0, length).TrimEnd('\r', '\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            // Safe: the reference leads nowhere now, the caller says so, and the file may appear later. Only the kind is logged.
            Unreadable(logger, path, e.GetType().Name);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The secret file {Path} cannot be used: {Reason}")]
    private static partial void Unreadable(ILogger logger, string path, string reason);
}
