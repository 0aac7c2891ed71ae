using System.Collections.Frozen;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Experiments;

/// <summary>What an experiment says of a call.</summary>
/// <param name="ExperimentId">The experiment.</param>
/// <param name="Variant">Serves the call: a model or a chain, and what it sets.</param>
/// <param name="IsRunning">Whether the experiment runs, so that the call is counted: its usage event names experiment and variant. False once there is a winner.</param>
/// <param name="Cluster">Which group of key values the call's is in, 1 to 64; 0 once there is a winner.</param>
internal readonly record struct Trial(string ExperimentId, Variant Variant, bool IsRunning, int Cluster);

/// <summary>An organisation's experiments, as calls meet them.</summary>
internal sealed class ExperimentSet
{
    private static readonly Entry[] None = [];

    private readonly FrozenDictionary<string, Entry[]> _models;
    private readonly Entry[] _automatic;
    private readonly Entry[]?[] _categories = new Entry[]?[TaskCategories.Words.Count];
    private readonly bool _classifies;

    public ExperimentSet(IReadOnlyList<StoredExperiment> stored)
    {
        var live = stored.Where(static e => e.State == ExperimentState.Running || (e.State == ExperimentState.Concluded && e.Winner is not null))
            .OrderBy(static e => e.CreatedUnixMs).ThenBy(static e => e.Id, StringComparer.Ordinal)
            .ToLookup(static e => e.Experiment.AppliesTo, static e => new Entry(e), StringComparer.Ordinal);
        _models = live.ToFrozenDictionary(static g => g.Key, static g => g.ToArray(), StringComparer.Ordinal);
        _automatic = _models.GetValueOrDefault(CallFacts.Automatic) ?? None;
        foreach (var (index, word) in TaskCategories.Words.Index())
        {
            _categories[index] = _models.GetValueOrDefault($"{CallFacts.Automatic}:{word}");
            _classifies |= _categories[index] is not null;
        }
    }

    /// <summary>Whether no experiment touches any call.</summary>
    public bool IsEmpty => _models.Count == 0;

    /// <summary>
    /// The first experiment whose audience holds the call, and its variant for it; null for none. Of automatic calls those for their category come first. A
    /// function of the facts and of nothing else; does not allocate, but may have the call classified.
    /// </summary>
    public Trial? Assign(CallFacts facts)
    {
        if (_models.Count == 0)
        {
            return null;
        }

        if (!facts.IsAutomatic)
        {
            return _models.TryGetValue(facts.Model, out var entries) ? First(entries, facts) : null;
        }

        var category = facts.CategoryAsked ?? (_classifies ? facts.Classification.Category : null);
        return (category is { } known && _categories[(int)known] is { } special ? First(special, facts) : null) ?? First(_automatic, facts);
    }

    private static Trial? First(Entry[] entries, CallFacts facts)
    {
        foreach (var entry in entries)
        {
            if (entry.Assign(facts) is { } assignment)
            {
                return assignment;
            }
        }

        return null;
    }

    private sealed class Entry
    {
        private const int IdChars = 32;

        private readonly Experiment _experiment;
        private readonly Variant? _winner;
        private readonly double[] _bounds;

        public Entry(StoredExperiment stored)
        {
            _experiment = stored.Experiment;
            _winner = stored.State == ExperimentState.Concluded ? _experiment.Variants.FirstOrDefault(v => v.Name == stored.Winner) : null;
            double sum = _experiment.Variants.Sum(static v => v.Weight);
            var bound = 0;
            _bounds = [.. _experiment.Variants.Select(v => (bound += v.Weight) / sum)];
        }

        public Trial? Assign(CallFacts facts)
        {
            if (!HasTag(facts) || !HasTeam(facts))
            {
                return null;
            }

            if (_winner is not null)
            {
                return new Trial(_experiment.Id, _winner, IsRunning: false, Cluster: 0);
            }

            Span<char> id = stackalloc char[IdChars];
            var value = ValueOf(facts, id);
            if (value.IsEmpty)
            {
                return null;
            }

            var (variant, audience, cluster) = ExperimentLots.Draw(_experiment.Id, _experiment.Salt, value);
            if (audience * 100 >= _experiment.Audience.Percentage)
            {
                return null;
            }

            var index = 0;
            while (index < _bounds.Length - 1 && variant >= _bounds[index])
            {
                index++;
            }

            return new Trial(_experiment.Id, _experiment.Variants[index], IsRunning: true, cluster);
        }

        private ReadOnlySpan<char> ValueOf(CallFacts facts, Span<char> id)
        {
            switch (_experiment.Key)
            {
                case ExperimentKey.User:
                    return facts.UserId;
                case ExperimentKey.Key:
                    return facts.KeyId;
                case ExperimentKey.EndUser:
                    return facts.EndUser;
                case ExperimentKey.Feature:
                    return facts.FeatureId;
                default:
                    _ = facts.ExchangeId.Value.TryFormat(id, out var length, "x32", null);
                    return id[..length];
            }
        }

        private bool HasTag(CallFacts facts)
        {
            if (_experiment.Audience.Tags is not { } tags)
            {
                return true;
            }

            for (var i = 0; i < facts.Tags.Count; i++)
            {
                for (var j = 0; j < tags.Count; j++)
                {
                    if (string.Equals(facts.Tags[i], tags[j], StringComparison.Ordinal))
                    {
                        return true;
                    }
                }
            }

            return false;
        }

        private bool HasTeam(CallFacts facts)
        {
            if (_experiment.Audience.Teams is not { } teams)
            {
                return true;
            }

            for (var i = 0; i < facts.WalletIds.Count; i++)
            {
                for (var j = 0; j < teams.Count; j++)
                {
                    if (string.Equals(facts.WalletIds[i], teams[j], StringComparison.Ordinal))
                    {
                        return true;
                    }
                }
            }

            return false;
        }
    }
}
