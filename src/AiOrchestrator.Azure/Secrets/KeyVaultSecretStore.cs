using System.Collections.Concurrent;
using System.Globalization;
using AiOrchestrator.Core.Platform;
using Azure;
using Azure.Security.KeyVault.Secrets;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Azure.Secrets;

/// <summary>
/// Secrets of a Key Vault, <c>kv:NAME</c>: the newest version, kept for a while. Whoever asks again after that gets a rotated secret; while
/// the vault does not answer, the value it gave last goes on being used, and readiness says since when.
/// </summary>
/// <remarks>Safe for concurrent use: who asks for a secret that is being read waits for that answer.</remarks>
internal sealed partial class KeyVaultSecretStore : ISecretStore, IReadinessCheck
{
    private const string Scheme = "kv:";
    private const int MaxNameLength = 127;

    /// <summary>How long a missing secret counts as missing: short, since people first write the reference and then the secret.</summary>
    private static readonly TimeSpan MissingFor = TimeSpan.FromSeconds(10);

    /// <summary>How long after a failure the vault is left alone while an older value serves.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    /// <summary>Bounds one reading, with all that the client repeats in it and whatever wait the vault asks for.</summary>
    private static readonly TimeSpan ReadingFor = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, Kept> _kept = new(StringComparer.Ordinal);
    private readonly SecretClient _client;
    private readonly TimeSpan _keepFor;
    private readonly TimeProvider _time;
    private readonly ILogger<KeyVaultSecretStore> _log;

    /// <summary>An empty store; the vault is asked when somebody asks.</summary>
    /// <param name="client">The vault.</param>
    /// <param name="keepFor">How long a value is used before it is read anew.</param>
    /// <param name="time">Now.</param>
    /// <param name="log">Told what cannot be read, by name; never a value.</param>
    public KeyVaultSecretStore(SecretClient client, TimeSpan keepFor, TimeProvider time, ILogger<KeyVaultSecretStore> log)
    {
        _client = client;
        _keepFor = keepFor;
        _time = time;
        _log = log;
    }

    /// <inheritdoc/>
    public bool Understands(string reference) =>
        reference.StartsWith(Scheme, StringComparison.Ordinal)
        && reference.Length is > 3 and <= 3 + MaxNameLength
        && reference.AsSpan(Scheme.Length).IndexOfAnyExcept(NameCharacters) < 0;

    /// <summary>The secret as the vault had it at most the given time ago, or last had it; null: it has none, or only a disabled one.</summary>
    /// <exception cref="RequestFailedException">The vault refuses, or (in an <see cref="AggregateException"/>) does not answer, and has never given this secret.</exception>
    public ValueTask<string?> GetAsync(string reference, CancellationToken cancellation)
    {
        if (!Understands(reference))
        {
            return new((string?)null);
        }

        var kept = _kept.GetOrAdd(reference[Scheme.Length..], static name => new Kept(name));
        lock (kept)
        {
            var now = _time.GetUtcNow();
            kept.AskedAt = now;
            if (now < kept.UseUntil)
            {
                return new(kept.Value);
            }

            // Nobody's cancellation ends what others wait for too.
            kept.Reading ??= Task.Run(() => ReadAsync(kept), CancellationToken.None);
            return new(kept.Reading.WaitAsync(cancellation));
        }
    }

    /// <inheritdoc/>
    public ReadinessReport Check()
    {
        // One that nobody asks for any more is of no interest.
        var asked = _time.GetUtcNow() - _keepFor - RetryAfter - ReadingFor;
        var failing = new List<(string Name, DateTimeOffset Since)>();
        foreach (var kept in _kept.Values)
        {
            lock (kept)
            {
                if (kept.FailingSince is { } since && kept.AskedAt >= asked)
                {
                    failing.Add((kept.Name, since));
                }
            }
        }

        if (failing.Count == 0)
        {
            return new ReadinessReport("key_vault", Readiness.Ready, Detail: null);
        }

        var first = failing.Min(static f => f.Since).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var names = string.Join(", ", failing.Select(static f => f.Name).Order(StringComparer.Ordinal).Take(10));
        return new ReadinessReport(
            "key_vault", Readiness.Degraded, $"since {first} not readable: {names}; values that were read before go on being used. The log says why");
    }

    private static readonly System.Buffers.SearchValues<char> NameCharacters =
        System.Buffers.SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-");

    /// <summary>Reads one secret; never two at once of the same name.</summary>
    private async Task<string?> ReadAsync(Kept kept)
    {
        string? value;
        try
        {
            using var bound = new CancellationTokenSource(ReadingFor, _time);
            value = await FindAsync(kept.Name, bound.Token);
        }
        catch (Exception e)
        {
            NotRead(_log, kept.Name, Reason(e));
            lock (kept)
            {
                kept.Reading = null;
                kept.FailingSince ??= _time.GetUtcNow();
                if (kept.Value is null)
                {
                    throw;
                }

                // Safe: a secret that was right stays right until it is rotated, and whoever rotates it leaves the old one valid for a while.
                kept.UseUntil = _time.GetUtcNow() + RetryAfter;
                return kept.Value;
            }
        }

        lock (kept)
        {
            kept.Reading = null;
            kept.FailingSince = null;
            kept.Value = value;
            kept.UseUntil = _time.GetUtcNow() + (value is null ? MissingFor : _keepFor);
        }

        return value;
    }

    private async Task<string?> FindAsync(string name, CancellationToken cancellation)
    {
        try
        {
            var secret = await _client.GetSecretAsync(name, cancellationToken: cancellation);
            return secret.Value.Value is { Length: > 0 } value ? value : null;
        }
        catch (RequestFailedException e) when (e.Status == 404 || IsDisabled(e))
        {
            return null;
        }
    }

    /// <summary>What a person needs to know of a failure; only its kind, since its text repeats what was sent and answered.</summary>
    private static string Reason(Exception failure) => failure switch
    {
        AggregateException { InnerExceptions: [.., var last] } => Reason(last),
        RequestFailedException { Status: 0 } => "it does not answer",
        RequestFailedException refused => $"{refused.Status} {refused.ErrorCode}",
        OperationCanceledException => "it does not answer in time",
        _ => failure.GetType().Name,
    };

    /// <summary>Somebody took it out of use: that is an answer, and no outage to be bridged.</summary>
    private static bool IsDisabled(RequestFailedException e) =>
        e.Status == 403 && e.GetRawResponse()?.Content.ToString().Contains("SecretDisabled", StringComparison.Ordinal) == true;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The secret {Name} cannot be read from the key vault: {Reason}")]
    private static partial void NotRead(ILogger logger, string name, string reason);

    /// <summary>What is known of one secret; guarded by itself.</summary>
    private sealed class Kept(string name)
    {
        public string Name { get; } = name;

        public string? Value { get; set; }

        /// <summary>Until then nobody asks the vault.</summary>
        public DateTimeOffset UseUntil { get; set; }

        public DateTimeOffset AskedAt { get; set; }

        public DateTimeOffset? FailingSince { get; set; }

        /// <summary>The answer that is awaited; null while none is.</summary>
        public Task<string?>? Reading { get; set; }
    }
}
