using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace AiOrchestrator.MockUpstream;

/// <summary>
/// How one request wants to be answered: the member <c>x_mock</c> of its body, or a suffix of its model
/// (<c>gpt-4o@tokens=5,delay_ms=10</c>; there <c>status</c> and <c>retry_after</c> stand for <c>fail</c>).
/// A member it does not know is a 400, so that a misspelt test fails at once. Chunks are content or tool-argument deltas;
/// the role chunk before them, the finish chunk and the usage chunk are not counted.
/// </summary>
public sealed record MockBehaviour
{
    public static readonly MockBehaviour Default = new();

    /// <summary>Snake case, nulls left out, unknown members refused.</summary>
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    /// <summary>For the mock's own pages: nulls stay, so that a page always has all its members.</summary>
    internal static readonly JsonSerializerOptions PageJson = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private const int MaxCachedSuffixes = 1000;
    private static readonly ConcurrentDictionary<string, MockBehaviour> BySuffix = new(StringComparer.Ordinal);

    /// <summary>Words to answer with, each one token. Default 20.</summary>
    public int Tokens { get; init; } = 20;

    /// <summary>Wait before anything, headers included. Milliseconds, default 0.</summary>
    public int FirstDelayMs { get; init; }

    /// <summary>Wait between chunks. Milliseconds, default 0.</summary>
    public int DelayMs { get; init; }

    public MockFailure? Fail { get; init; }

    /// <summary>Write the response in pieces of 1 to 7 bytes, each flushed.</summary>
    public bool Dribble { get; init; }

    /// <summary>Drop the connection after so many chunks; 0 after the headers, -1 before them.</summary>
    public int? DieAfter { get; init; }

    /// <summary>Stop sending after so many chunks and keep the connection (at most ten minutes); -1 before the headers.</summary>
    public int? HangAfter { get; init; }

    public MockGarbage? Garbage { get; init; }

    /// <summary>Reported instead of the true usage. Any JSON.</summary>
    public JsonElement? Usage { get; init; }

    public bool NoUsage { get; init; }

    /// <summary>Content to send instead of numbered words; each word with the space before it is a token.</summary>
    public string? Text { get; init; }

    /// <summary>The service tier to say the call was served in; none when absent.</summary>
    public string? ServiceTier { get; init; }

    /// <summary>After so many chunks send an error event and end, without <c>[DONE]</c>.</summary>
    public int? InBandError { get; init; }

    /// <summary>A video or a batch is done when it has been asked about so often; before, its progress grows with each time. Default 1.</summary>
    public int Polls { get; init; } = 1;

    /// <summary>A video fails when it would be done.</summary>
    public bool FailJob { get; init; }

    /// <summary>Response headers to add to a good answer.</summary>
    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    internal static MockBehaviour FromModel(string model)
    {
        var at = model.IndexOf('@', StringComparison.Ordinal);
        if (at < 0) return Default;
        var suffix = model[(at + 1)..];
        if (BySuffix.TryGetValue(suffix, out var known)) return known;
        var parsed = ParseSuffix(suffix);
        if (BySuffix.Count < MaxCachedSuffixes) BySuffix.TryAdd(suffix, parsed);
        return parsed;
    }

    private static MockBehaviour ParseSuffix(string suffix)
    {
        var members = new JsonObject();
        JsonObject? fail = null;
        foreach (var pair in suffix.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? pair : pair[..equals];
            var value = equals < 0 ? "true" : pair[(equals + 1)..];
            if (name is "status") (fail ??= [])["status"] = Scalar(value);
            else if (name is "retry_after") (fail ??= [])["headers"] = new JsonObject { ["retry-after"] = value };
            else members[name] = Scalar(value);
        }

        if (fail is not null) members["fail"] = fail;
        return members.Deserialize<MockBehaviour>(Json) ?? Default;
    }

    private static JsonValue Scalar(string value) =>
        int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? JsonValue.Create(number)
        : bool.TryParse(value, out var flag) ? JsonValue.Create(flag)
        : JsonValue.Create(value);
}

/// <summary>An error status to answer with.</summary>
public sealed record MockFailure
{
    public int Status { get; init; } = 500;

    public IReadOnlyDictionary<string, string>? Headers { get; init; }

    /// <summary>A JSON string is sent as bare text, anything else as JSON; without it an OpenAI-shaped error is sent.</summary>
    public JsonElement? Body { get; init; }

    /// <summary>Fail only the first so many calls that carry the same id, then answer. Default: always.</summary>
    public int? Times { get; init; }
}

[JsonConverter(typeof(MockGarbageConverter))]
public enum MockGarbage
{
    Text,
    Html,
    TruncatedJson,
    InvalidUtf8,

    /// <summary>One <c>data: </c> line without end.</summary>
    EndlessEvent,

    /// <summary>A chunked JSON body without end.</summary>
    EndlessBody,

    /// <summary>Status 200 and nothing.</summary>
    Empty,

    /// <summary>One gibibyte of valid JSON with its content-length.</summary>
    Giant,
}

internal sealed class MockGarbageConverter() : JsonStringEnumConverter<MockGarbage>(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false);

/// <summary>Counts how often each id was failed, for <see cref="MockFailure.Times"/>.</summary>
internal sealed class FailureCounter
{
    private readonly ConcurrentDictionary<string, int> _seen = new(StringComparer.Ordinal);

    public bool ShouldFail(MockFailure failure, string id) =>
        failure.Times is not { } times || _seen.AddOrUpdate(id, 1, (_, n) => n + 1) <= times;
}
