using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace AiOrchestrator.Azure.Tests.Vectors;

/// <summary>One index: its rules, what was written to it, and what of that shows. Safe for concurrent use.</summary>
internal sealed partial class EmulatedIndex(JsonObject definition)
{
    private const int MaxBatch = 1000;
    private const int MaxDimensions = 2048;

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, JsonObject> _shown = new(StringComparer.Ordinal);
    private readonly Queue<(int From, string Key, JsonObject? Document)> _pending = new();
    private int _searches;

    /// <summary>As it was made.</summary>
    public JsonObject Definition => definition;

    private IEnumerable<JsonObject> Fields => definition["fields"]!.AsArray().Select(static f => f!.AsObject());

    /// <summary>Makes an index of what the service takes for a definition.</summary>
    public static EmulatedIndex Create(string name, JsonObject definition)
    {
        Check(IndexName().IsMatch(name) && (string?)definition["name"] == name, "no name of an index: " + name);
        var index = new EmulatedIndex(definition);
        Check(index.Fields.Count(static f => Is(f, "key")) == 1 && (string?)index.Fields.Single(static f => Is(f, "key"))["type"] == "Edm.String", "one field must be the key");
        foreach (var field in index.Fields)
        {
            var vector = (string?)field["type"] == "Collection(Edm.Single)";
            Check(vector || (string?)field["type"] == "Edm.String", "a type that is not emulated");
            Check(!vector || (Is(field, "searchable") && !Is(field, "filterable") && !Is(field, "sortable") && !Is(field, "facetable")), "a vector can only be searched");
            Check(!vector || (int)field["dimensions"]! is >= 2 and <= MaxDimensions, "2 to 2048 dimensions");
            Check(!vector || Metric(definition, (string?)field["vectorSearchProfile"]) == "cosine", "a vector's profile must lead to an algorithm");
        }

        return index;
    }

    /// <summary>All documents, those that do not show yet too.</summary>
    public IReadOnlyDictionary<string, JsonObject> All()
    {
        lock (_lock)
        {
            var all = new Dictionary<string, JsonObject>(_shown, StringComparer.Ordinal);
            foreach (var (_, key, document) in _pending)
            {
                Apply(all, key, document);
            }

            return all;
        }
    }

    /// <summary>Shows all.</summary>
    public void Settle()
    {
        lock (_lock)
        {
            Show(int.MaxValue);
        }
    }

    /// <summary>Writes a batch.</summary>
    /// <param name="body">The request's.</param>
    /// <param name="lag">How many searches do not know of it.</param>
    /// <param name="failure">What becomes of each document; 0: as usual.</param>
    public (int Status, JsonObject Body) Write(JsonObject body, int lag, int failure)
    {
        var actions = body["value"]!.AsArray();
        Check(actions.Count is > 0 and <= MaxBatch, "1 to 1000 documents at once");
        var results = new JsonArray();
        lock (_lock)
        {
            foreach (var action in actions.Select(static a => a!.AsObject()))
            {
                var key = (string?)action["key"] ?? "";
                Check(DocumentKey().IsMatch(key), "no key: " + key);
                if (failure == 0)
                {
                    _pending.Enqueue((_searches + lag, key, Document(action)));
                }

                results.Add(new JsonObject { ["key"] = key, ["status"] = failure == 0, ["errorMessage"] = failure == 0 ? null : "as the test wants it", ["statusCode"] = failure == 0 ? 200 : failure });
            }
        }

        return (failure == 0 ? 200 : 207, new JsonObject { ["value"] = results });
    }

    /// <summary>Searches among what shows.</summary>
    public JsonObject Search(JsonObject body, bool ignoresFilters)
    {
        var select = ((string?)body["select"] ?? "").Split(',');
        Check(select.All(s => Fields.Any(f => (string?)f["name"] == s && (bool?)f["retrievable"] != false)), "a field that cannot be retrieved");
        var top = (int)body["top"]!;
        Check(top is > 0 and <= MaxBatch, "1 to 1000 at once");
        var filter = Filter((string?)body["filter"] ?? "");
        List<JsonObject> documents;
        lock (_lock)
        {
            Show(_searches++);
            documents = [.. _shown.Values.Where(d => ignoresFilters || filter.All(c => c(d)))];
        }

        IEnumerable<(JsonObject Document, double Score)> found = documents.Select(static d => (d, 1.0));
        if (body["vectorQueries"]?.AsArray() is [JsonObject query])
        {
            Check((string?)query["kind"] == "vector" && (string?)query["fields"] == "vector" && (string?)body["vectorFilterMode"] == "preFilter", "a query that is not emulated");
            var asked = Floats(query["vector"]!);
            CheckDimensions(asked);
            found = documents.Select(d => (Document: d, Score: Score(asked, Floats(d["vector"]!)))).OrderByDescending(static s => s.Score).Take((int)query["k"]!);
        }
        else
        {
            Check((string?)body["orderby"] == "key" && Fields.Single(static f => Is(f, "key"))["sortable"] is { } sortable && (bool)sortable, "an order that is not emulated");
        }

        return new JsonObject { ["value"] = new JsonArray([.. found.Take(top).Select(f => Result(f.Document, f.Score, select))]) };
    }

    private static JsonNode Result(JsonObject document, double score, string[] select)
    {
        var result = new JsonObject { ["@search.score"] = score };
        foreach (var name in select)
        {
            result[name] = document[name]?.DeepClone();
        }

        return result;
    }

    /// <summary>The document an action writes; null: it deletes it.</summary>
    private JsonObject? Document(JsonObject action)
    {
        var kind = (string?)action["@search.action"];
        Check(kind is "upload" or "delete", "an action that is not emulated");
        if (kind == "delete")
        {
            return null;
        }

        var document = (JsonObject)action.DeepClone();
        document.Remove("@search.action");
        Check(document.All(m => Fields.Any(f => (string?)f["name"] == m.Key)), "a member that is no field");
        CheckDimensions(Floats(document["vector"]!));
        return document;
    }

    private void CheckDimensions(float[] vector) =>
        Check(vector.Length == (int)Fields.Single(static f => (string?)f["name"] == "vector")["dimensions"]!, "another number of dimensions than the field's");

    private void Show(int searches)
    {
        while (_pending.TryPeek(out var next) && next.From <= searches)
        {
            _pending.Dequeue();
            Apply(_shown, next.Key, next.Document);
        }
    }

    private static void Apply(IDictionary<string, JsonObject> documents, string key, JsonObject? document)
    {
        if (document is null)
        {
            documents.Remove(key);
        }
        else
        {
            documents[key] = document;
        }
    }

    /// <summary>Comparisons joined by <c>and</c>, of fields that can be filtered with texts in quotes.</summary>
    private List<Func<JsonObject, bool>> Filter(string filter)
    {
        Check(WholeFilter().IsMatch(filter), "a filter that is not emulated: " + filter);
        return [.. Comparison().Matches(filter).Select(match =>
        {
            var (name, than) = (match.Groups["field"].Value, match.Groups["text"].Value.Replace("''", "'", StringComparison.Ordinal));
            Check(Fields.Any(f => (string?)f["name"] == name && Is(f, "filterable")), "a field that cannot be filtered: " + name);
            return (Func<JsonObject, bool>)(document => string.CompareOrdinal((string?)document[name], than) is var order && (match.Groups["operator"].Value == "eq" ? order == 0 : order > 0));
        })];
    }

    /// <summary>As the service has it for cosines; rounded, so that nobody takes it for exact.</summary>
    private static double Score(float[] a, float[] b)
    {
        var (dot, aa, bb) = (0.0, 0.0, 0.0);
        for (var i = 0; i < a.Length; i++)
        {
            (dot, aa, bb) = (dot + ((double)a[i] * b[i]), aa + ((double)a[i] * a[i]), bb + ((double)b[i] * b[i]));
        }

        return Math.Round(1 / (2 - (dot / Math.Sqrt(aa * bb))), 4);
    }

    private static float[] Floats(JsonNode vector) => [.. vector.AsArray().Select(static v => (float)v!)];

    private static bool Is(JsonObject field, string attribute) => (bool?)field[attribute] == true;

    private static string? Metric(JsonObject definition, string? profile)
    {
        var search = definition["vectorSearch"];
        var algorithm = search?["profiles"]?.AsArray().SingleOrDefault(p => (string?)p!["name"] == profile)?["algorithm"];
        var found = search?["algorithms"]?.AsArray().SingleOrDefault(a => algorithm is not null && (string?)a!["name"] == (string?)algorithm);
        return (string?)found?["kind"] == "exhaustiveKnn" ? (string?)found["exhaustiveKnnParameters"]?["metric"] : null;
    }

    private static void Check(bool right, string otherwise)
    {
        if (!right)
        {
            throw new BadSearchRequestException(otherwise);
        }
    }

    [GeneratedRegex(@"^[a-z0-9](-?[a-z0-9]){1,127}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex IndexName();

    [GeneratedRegex(@"^[A-Za-z0-9=-][A-Za-z0-9_=-]{0,1023}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex DocumentKey();

    [GeneratedRegex(@"^[a-z]+ (eq|gt) '([^']|'')*'( and [a-z]+ (eq|gt) '([^']|'')*')*\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex WholeFilter();

    [GeneratedRegex(@"(?<=^|and )(?<field>[a-z]+) (?<operator>eq|gt) '(?<text>([^']|'')*)'", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Comparison();
}
