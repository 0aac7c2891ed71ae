using AiOrchestrator.Core.Caching.Policies;

namespace AiOrchestrator.Core.Caching;

/// <summary>Section <c>Cache</c>: where answers are kept. What is kept of whose calls, and how long, is configuration.</summary>
public sealed class CachingOptions
{
    /// <summary>The longest an answer is given again, whatever is configured; days.</summary>
    public const int MaxTtlDays = 30;

    private const long Mebibyte = 1 << 20;
    private const long Gibibyte = 1 << 30;

    /// <summary>What holds where no policy says how answers are given again. Default exact; off, exact or semantic.</summary>
    public CacheMode Mode { get; set; } = CacheMode.Exact;

    /// <summary>How long a call waits for the answer to the same question that is under way, before it asks by itself. Default 30000; 0 to 600000; milliseconds.</summary>
    public int FlightWaitMs { get; set; } = 30_000;

    /// <summary>How long a call waits for a model of embeddings, before it goes on without. Default 1000; 10 to 60000; milliseconds.</summary>
    public int EmbeddingTimeoutMs { get; set; } = 1000;

    /// <summary>Most bytes of answers an instance keeps in memory, by estimate. Default 67108864; 0 to 68719476736; 0: none.</summary>
    public long MemoryBytes { get; set; } = 64 * Mebibyte;

    /// <summary>Most bytes of answers in the store, packed; enforced once an hour. Default 1073741824; 1048576 to 1099511627776.</summary>
    public long StoreBytes { get; set; } = Gibibyte;

    /// <summary>Largest answer that is kept, bytes. Default 1048576; 1024 to 1048576.</summary>
    public int MaxEntryBytes { get; set; } = (int)Mebibyte;

    /// <summary>How long a call waits for the store; a slower one has nothing. Default 50; 1 to 10000; milliseconds.</summary>
    public int StoreTimeoutMs { get; set; } = 50;

    /// <summary>
    /// Reference to a secret of 32 or more characters that answers are encrypted with in the store: <c>env:NAME</c>, <c>file:PATH</c>, on Azure <c>kv:NAME</c>.
    /// Read at the start. Default none: answers are sealed, not encrypted.
    /// </summary>
    public string ContentKey { get; set; } = "";

    /// <summary>Everything that is out of bounds, one line each.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Check(nameof(MemoryBytes), MemoryBytes, 0, 64 * Gibibyte);
        Check(nameof(StoreBytes), StoreBytes, Mebibyte, 1024 * Gibibyte);
        Check(nameof(MaxEntryBytes), MaxEntryBytes, 1024, Mebibyte);
        Check(nameof(StoreTimeoutMs), StoreTimeoutMs, 1, 10_000);
        Check(nameof(FlightWaitMs), FlightWaitMs, 0, 600_000);
        Check(nameof(EmbeddingTimeoutMs), EmbeddingTimeoutMs, 10, 60_000);
        if (ContentKey.Length > 0 && ContentKey.IndexOf(':', StringComparison.Ordinal) is <= 0)
        {
            errors.Add("Cache:ContentKey must be a reference to a secret, such as env:NAME");
        }

        return errors;

        void Check(string name, long value, long min, long max)
        {
            if (value < min || value > max)
            {
                errors.Add($"Cache:{name} is {value}: it must be {min} to {max}");
            }
        }
    }
}
