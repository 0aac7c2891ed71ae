using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.ElevenLabs;

namespace AiOrchestrator.Core.Providers;

/// <summary>Reads what a provider takes otherwise than its wire format says, from a row and the preset it names. A member that is given, be it null, stands instead of the preset's.</summary>
internal static class ProviderQuirkReader
{
    /// <summary>Before a header's value: it lies where the rest says.</summary>
    public const string SecretPrefix = "secret:";

    private const int MaxEntries = 32;
    private const int MaxValueLength = 2_048;

    /// <summary>What the gateway, the connection or the wire format says itself.</summary>
    private static readonly HashSet<string> NotHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "accept", "accept-encoding", "authorization", "api-key", "connection", "content-encoding", "content-length", "content-type", "cookie", "expect", "forwarded",
        "host", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "set-cookie", "te", "traceparent", "tracestate", "trailer",
        "transfer-encoding", "upgrade", "via", "x-api-key", "x-goog-api-key", "x-request-id", "xi-api-key",
    };

    private static readonly HashSet<string> SecretWords = new(StringComparer.OrdinalIgnoreCase)
    {
        "key", "apikey", "accesskey", "token", "secret", "password", "auth", "authorization", "credential", "credentials", "signature", "sig",
    };

    /// <summary>What is held, charged or steered by: the gateway and the provider must read the same.</summary>
    private static readonly HashSet<string> NotMembers = new(StringComparer.Ordinal)
    {
        "model", "messages", "system", "input", "prompt", "contents", "stream", "stream_options", "n", "tools", "functions", "max_tokens", "max_completion_tokens", "max_output_tokens",
    };

    /// <summary>The preset a row names; null where it names none.</summary>
    public static ProviderPreset? ReadPreset(MemberReader body)
    {
        if (body.Text("preset", 40) is not { } name)
        {
            return null;
        }

        var preset = ProviderPresets.Named(name);
        if (preset is null)
        {
            body.Problem("preset", "is none of GET /control/v1/provider-presets");
        }

        return preset;
    }

    /// <summary>How the key is presented.</summary>
    public static string? ReadAuth(MemberReader body, ProviderPreset? preset)
    {
        var auth = body.Text("auth", 20);
        if (auth is not null && !ProviderAuth.Words.Contains(auth))
        {
            body.Problem("auth", $"must be one of: {string.Join(", ", ProviderAuth.Words.ToArray())}");
        }

        return body.Has("auth") ? auth : preset?.Auth;
    }

    /// <summary>The row's headers, and those of the preset it does not name itself.</summary>
    public static IReadOnlyDictionary<string, string>? ReadHeaders(MemberReader body, ProviderPreset? preset)
    {
        var headers = Pairs(body, "headers", preset?.Headers, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in headers ?? new Dictionary<string, string>())
        {
            if (CheckHeader(name, value) is { } problem)
            {
                body.Problem($"headers.{Shown(name)}", problem);
            }
        }

        return headers;
    }

    /// <summary>The query, likewise.</summary>
    public static IReadOnlyDictionary<string, string>? ReadQuery(MemberReader body, ProviderPreset? preset)
    {
        var query = Pairs(body, "query", preset?.Query, StringComparer.Ordinal);
        foreach (var (name, _) in query ?? new Dictionary<string, string>())
        {
            if (!IsToken(name))
            {
                body.Problem($"query.{Shown(name)}", "must be 1 to 100 letters, digits and .-_~");
            }
            else if (IsSecretName(name))
            {
                body.Problem($"query.{Shown(name)}", "cannot be sent: secrets do not belong into URLs, which are logged on their way");
            }
        }

        return query;
    }

    /// <summary>The path below the base URL.</summary>
    public static string? ReadPathTemplate(MemberReader body, ProviderPreset? preset)
    {
        var template = body.Text("path_template", 200);
        if (template is not null && (!template.Contains("{path}", StringComparison.Ordinal) || !IsPath(template)))
        {
            body.Problem("path_template", "must be a relative path with {path} and perhaps {model} in it, such as \"openai/deployments/{model}/{path}\"; a query goes into 'query'");
        }

        return body.Has("path_template") ? template : preset?.PathTemplate;
    }

    /// <summary>Members that are left out.</summary>
    public static IReadOnlyList<string>? ReadDropMembers(MemberReader body, ProviderPreset? preset)
    {
        var dropped = body.Texts("drop_members", MaxEntries, 100);
        foreach (var name in dropped ?? [])
        {
            if (NotMembers.Contains(name))
            {
                body.Problem("drop_members", $"cannot hold '{name}': calls are held and charged by it{(name == "stream_options" ? "; say \"stream_options\": false" : "")}");
            }
        }

        return body.Has("drop_members") ? dropped : preset?.DropMembers;
    }

    /// <summary>Members that have another name there.</summary>
    public static IReadOnlyDictionary<string, string>? ReadRenameMembers(MemberReader body, ProviderPreset? preset)
    {
        var renamed = body.Has("rename_members") ? Pairs(body, "rename_members", null, StringComparer.Ordinal) : preset?.RenameMembers;
        foreach (var (from, to) in renamed ?? new Dictionary<string, string>())
        {
            // The two bounds of an output mean the same.
            var isBound = from is "max_tokens" or "max_completion_tokens" && to is "max_tokens" or "max_completion_tokens" or "max_output_tokens";
            if (from == to || (!isBound && (NotMembers.Contains(from) || NotMembers.Contains(to))))
            {
                body.Problem("rename_members", $"cannot make '{Shown(from)}' '{Shown(to)}': calls are held and charged by one of them, or they are the same");
            }
            else if (renamed!.ContainsKey(to) || renamed.Values.Count(v => v == to) > 1)
            {
                body.Problem("rename_members", $"cannot make '{Shown(from)}' '{Shown(to)}': that name is used twice");
            }
        }

        return renamed;
    }

    /// <summary>Names for voices.</summary>
    public static IReadOnlyDictionary<string, string>? ReadVoices(MemberReader body)
    {
        var voices = Pairs(body, "voices", null, StringComparer.Ordinal);
        foreach (var (name, id) in voices ?? [])
        {
            if (!ElevenLabsSpeech.IsVoice(name) || !ElevenLabsSpeech.IsVoice(id))
            {
                body.Problem($"voices.{Shown(name)}", "must be a name and an id of 1 to 64 letters, digits, hyphens and underscores");
            }
        }

        return voices;
    }

    private static string? CheckHeader(string name, string value)
    {
        if (!IsToken(name))
        {
            return "must be a header's name of 1 to 100 letters, digits and .-_~";
        }

        if (NotHeaders.Contains(name) || name.StartsWith("x-ao-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase)
            || name.StartsWith("x-forwarded-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("sec-", StringComparison.OrdinalIgnoreCase))
        {
            return "cannot be set: the gateway sets it or must not; a key goes into 'api_key_ref', how it is sent into 'auth'";
        }

        if (value.StartsWith(SecretPrefix, StringComparison.Ordinal))
        {
            return null;
        }

        return IsSecretName(name) ? "must be a reference to a secret, such as \"secret:env:NAME\": secrets are not stored"
            : value.AsSpan().ContainsAnyExceptInRange(' ', '~') ? "must be visible ASCII characters and spaces"
            : null;
    }

    /// <summary>An object of texts; null where there is none, or an empty one.</summary>
    private static Dictionary<string, string>? Pairs(
        MemberReader body, string name, IReadOnlyDictionary<string, string>? usual, StringComparer comparer)
    {
        if (body.IsNull(name))
        {
            return null;
        }

        var pairs = new Dictionary<string, string>(usual ?? new Dictionary<string, string>(), comparer);
        if (body.Raw(name) is { } given)
        {
            ReadPairs(body, name, given, pairs, comparer);
        }

        return pairs.Count == 0 ? null : pairs;
    }

    private static void ReadPairs(MemberReader body, string name, JsonElement given, Dictionary<string, string> pairs, StringComparer comparer)
    {
        if (given.ValueKind != JsonValueKind.Object || given.EnumerateObject().Count() > MaxEntries)
        {
            body.Problem(name, string.Create(null, $"must be an object of at most {MaxEntries} texts"));
            return;
        }

        var seen = new HashSet<string>(comparer);
        foreach (var member in given.EnumerateObject())
        {
            var value = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : "";
            if (value.Length is 0 or > MaxValueLength || value.Any(char.IsControl))
            {
                body.Problem($"{name}.{Shown(member.Name)}", string.Create(null, $"must be a text of 1 to {MaxValueLength} characters without control characters"));
            }
            else if (!seen.Add(member.Name))
            {
                body.Problem($"{name}.{Shown(member.Name)}", "appears twice");
            }
            else
            {
                // Under the spelling that is given, whatever the preset's is.
                pairs.Remove(member.Name);
                pairs[member.Name] = value;
            }
        }
    }

    private static bool IsToken(string name) => name.Length is > 0 and <= 100 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '~');

    private static bool IsSecretName(string name) => name.Split('-', '.', '_', '~').Any(SecretWords.Contains);

    private static bool IsPath(string template)
    {
        var rest = template.Replace("{path}", "", StringComparison.Ordinal).Replace("{model}", "", StringComparison.Ordinal);
        return !template.StartsWith('/') && rest.All(static c => char.IsAsciiLetterOrDigit(c) || c is '/' or '-' or '_' or '.' or '~') && !rest.Contains("..", StringComparison.Ordinal);
    }

    /// <summary>A name can be as long as the body: what is told back is bounded.</summary>
    private static string Shown(string name) => name.Length <= 100 ? name : name[..100];
}
