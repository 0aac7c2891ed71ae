using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Experiments;

/// <summary>Reads what somebody says an experiment is.</summary>
internal static class ExperimentReader
{
    private const int MinVariants = 2;
    private const int MaxVariants = 10;
    private const int MaxRails = 8;
    private const int MaxNameLength = 40;
    private const int MaxModelLength = 256;
    private const int MaxListed = 50;
    private const int MaxParameterLength = 64;

    private static readonly (string Word, ExperimentKey Value)[] Keys =
        [("user", ExperimentKey.User), ("key", ExperimentKey.Key), ("end_user", ExperimentKey.EndUser), ("feature", ExperimentKey.Feature), ("request", ExperimentKey.Request)];

    private static readonly (string Word, ExperimentMetric Value)[] Metrics =
        [("cost", ExperimentMetric.Cost), ("latency", ExperimentMetric.Latency), ("error_rate", ExperimentMetric.ErrorRate), ("feedback", ExperimentMetric.Feedback)];

    private static readonly (string Word, BetterWhen Value)[] Directions = [("lower", BetterWhen.Lower), ("higher", BetterWhen.Higher)];

    /// <summary>Members of requests that say how a model answers, not what it is asked.</summary>
    private static readonly string[] Settable =
        ["temperature", "top_p", "top_k", "max_tokens", "max_completion_tokens", "presence_penalty", "frequency_penalty", "seed", "reasoning_effort", "verbosity"];

    /// <summary>Reads a body.</summary>
    public static StoredExperiment Read(MemberReader body, PartRequest request, StoredExperiment? before)
    {
        var metric = Word(body, "metric", Metrics, null);
        var experiment = new Experiment
        {
            Id = request.Id,
            Name = body.Text("name", 100, required: true) ?? "",
            AppliesTo = ReadAppliesTo(body),
            Key = Word(body, "key", Keys, ExperimentKey.User),
            Salt = body.Text("salt", 64) ?? "",
            Audience = ReadAudience(body),
            Variants = ReadVariants(body),
            Metric = metric,
            Better = Word(body, "direction", Directions, Experiment.NaturalDirection(metric)),
            Alpha = Number(body, "alpha", 0.0001, 0.2) ?? Experiment.DefaultAlpha,
            Power = Number(body, "power", 0.5, 0.99) ?? Experiment.DefaultPower,
            MinimumEffect = ReadEffect(body, "minimum_effect", metric) ?? new MinimumEffect(Relative: 0.05),
            MinSamples = (int)(body.Whole("min_samples", 30, 1_000_000) ?? Experiment.DefaultMinSamples),
            MaxDays = (int)(body.Whole("max_days", 1, 90) ?? Experiment.DefaultMaxDays),
            AutoPromote = body.Flag("auto_promote") ?? false,
            GuardRails = ReadRails(body),
        };
        return before is null ? new StoredExperiment(request.Id, experiment, request.NowUnixMs) : before with { Experiment = experiment };
    }

    /// <summary>What becomes of one that is there: what is measured stays as it is once it has been started.</summary>
    public static Result<StoredExperiment> Replace(StoredExperiment now, StoredExperiment next)
    {
        var (old, wanted) = (now.Experiment, next.Experiment);
        var measured = wanted with { Name = old.Name, MinSamples = old.MinSamples, MaxDays = old.MaxDays, AutoPromote = old.AutoPromote };
        return now.State == ExperimentState.Draft || Written(measured) == Written(old)
            ? now with { Experiment = wanted }
            : new ExperimentStarted();
    }

    private static string Written(Experiment experiment) => JsonSerializer.Serialize(experiment, ExperimentsJson.Default.Experiment);

    private static string ReadAppliesTo(MemberReader body)
    {
        var text = body.Text("applies_to", MaxModelLength, required: true) ?? "";
        if (text.StartsWith($"{CallFacts.Automatic}:", StringComparison.Ordinal) && !TaskCategories.Words.Contains(text[(CallFacts.Automatic.Length + 1)..]))
        {
            body.Problem("applies_to", $"must name a category behind '{CallFacts.Automatic}:': {string.Join(", ", TaskCategories.Words)}");
        }

        return text;
    }

    private static Audience ReadAudience(MemberReader body)
    {
        if (body.Object("audience") is not { } audience)
        {
            return new Audience();
        }

        var tags = audience.Texts("tags", MaxListed, 128);
        var teams = audience.Texts("teams", MaxListed, 64);
        foreach (var (name, texts) in new[] { ("tags", tags), ("teams", teams) })
        {
            if (texts is { Count: 0 })
            {
                audience.Problem(name, "must name at least one, or be absent");
            }
        }

        // In small letters, as the tags of calls are.
        return new Audience(tags is null ? null : [.. tags.Select(static t => t.ToLowerInvariant())], teams, Number(audience, "percentage", 0.01, 100) ?? 100);
    }

    private static List<Variant> ReadVariants(MemberReader body)
    {
        var variants = new List<Variant>();
        foreach (var member in body.Objects("variants", MaxVariants))
        {
            var variant = ReadVariant(member);
            if (variants.Exists(v => v.Name == variant.Name))
            {
                member.Problem("name", "is another variant's already");
            }

            variants.Add(variant);
        }

        if (variants.Count < MinVariants && !body.HasProblems)
        {
            body.Problem("variants", "must be 2 to 10, the control first");
        }

        return variants;
    }

    private static Variant ReadVariant(MemberReader member)
    {
        var name = member.Text("name", MaxNameLength, required: true) ?? "";
        if (!name.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_'))
        {
            member.Problem("name", "must be of the characters a-z, 0-9, hyphen and underscore");
        }

        var (model, chain) = (member.Text("model", MaxModelLength), member.Text("chain", 100));
        if (member.Has("model") == member.Has("chain"))
        {
            member.Problem("model", "or chain must be given, one of the two");
        }

        return new Variant(name, (int)(member.Whole("weight", 1, 1000) ?? 1), model, chain, ReadParameters(member));
    }

    private static Dictionary<string, JsonElement>? ReadParameters(MemberReader member)
    {
        if (member.Object("parameters") is not { } parameters)
        {
            return null;
        }

        var read = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var name in Settable)
        {
            if (parameters.Raw(name) is not { } value)
            {
                continue;
            }

            if (value.ValueKind != JsonValueKind.Number && !(value.ValueKind == JsonValueKind.String && value.GetString()!.Length <= MaxParameterLength))
            {
                parameters.Problem(name, "must be a number, or a word");
            }

            read.Add(name, value);
        }

        return read;
    }

    private static List<GuardRail> ReadRails(MemberReader body)
    {
        var rails = new List<GuardRail>();
        foreach (var member in body.Objects("guard_rails", MaxRails))
        {
            var metric = Word(member, "metric", Metrics, null);
            var worse = ReadEffect(member, "worse_by", metric);
            if (worse is null)
            {
                member.Problem("worse_by", "is required");
            }

            if (rails.Exists(r => r.Metric == metric))
            {
                member.Problem("metric", "has a guard rail already");
            }

            rails.Add(new GuardRail(metric, worse ?? new MinimumEffect()));
        }

        return rails;
    }

    private static MinimumEffect? ReadEffect(MemberReader body, string name, ExperimentMetric metric)
    {
        if (body.Object(name) is not { } effect)
        {
            return null;
        }

        var most = metric switch
        {
            ExperimentMetric.Cost => 1_000_000,
            ExperimentMetric.Latency => 3_600_000,
            ExperimentMetric.ErrorRate => 1,
            _ => 2.0,
        };
        var (absolute, relative) = (Number(effect, "absolute", 0, most), Number(effect, "relative", 0, 100));
        if (effect.Has("absolute") == effect.Has("relative"))
        {
            effect.Problem("absolute", "or relative must be given, one of the two");
        }

        return new MinimumEffect(absolute, relative);
    }

    private static double? Number(MemberReader body, string name, double min, double max)
    {
        if (body.Raw(name) is not { } raw)
        {
            return null;
        }

        if (raw.ValueKind == JsonValueKind.Number && raw.TryGetDouble(out var number) && number >= min && number <= max)
        {
            return number;
        }

        body.Problem(name, string.Create(null, $"must be a number from {min} to {max}"));
        return null;
    }

    private static T Word<T>(MemberReader body, string name, (string Word, T Value)[] words, T? otherwise)
        where T : struct
    {
        if (body.Text(name, 32, required: otherwise is null) is not { } word)
        {
            return otherwise ?? default;
        }

        var found = Array.FindIndex(words, w => w.Word == word);
        if (found < 0)
        {
            body.Problem(name, $"must be {string.Join(", ", words[..^1].Select(static w => w.Word))} or {words[^1].Word}");
            return otherwise ?? default;
        }

        return words[found].Value;
    }
}
