using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Traffic.Experiments;

namespace AiOrchestrator.Core.Tests.Traffic.Experiments;

/// <summary>
/// What the stated level comes to where a user stays with a variant and users are not alike: they call seldom or often, fail seldom or often, ask cheap or dear
/// questions. Simulated from seeds, through the very verdict that decides, looked at again and again.
/// </summary>
public sealed class ClusterLooksTests
{
    private const int Runs = 400;
    private const int Looks = 15;
    private const int Users = 80;

    [Theory]
    [InlineData(ExperimentMetric.ErrorRate)]
    [InlineData(ExperimentMetric.Cost)]
    [InlineData(ExperimentMetric.Feedback)]
    public void The_same_beside_the_same_is_found_different_no_more_often_than_is_said_and_by_counting_calls_far_more_often(ExperimentMetric metric)
    {
        var experiment = Of(metric);
        var (found, foundByCalls) = (0, 0);
        for (var seed = 0; seed < Runs; seed++)
        {
            var crowd = new Crowd(seed, worse: 0);
            var (seen, seenByCalls) = (false, false);
            for (var look = 0; look < Looks; look++)
            {
                var figures = crowd.Call();
                seen |= IsFound(experiment, figures);
                seenByCalls |= IsFound(experiment with { Key = ExperimentKey.Request }, figures);
            }

            found += seen ? 1 : 0;
            foundByCalls += seenByCalls ? 1 : 0;
        }

        var bound = (experiment.Alpha * Runs) + (3 * Math.Sqrt(experiment.Alpha * (1 - experiment.Alpha) * Runs));
        Assert.True(found <= bound, $"{found} of {Runs}");

        // Calls of one user are alike: whoever counts each for itself takes chance for a difference.
        Assert.True(foundByCalls > 2 * bound, $"{foundByCalls} of {Runs}");
    }

    [Fact]
    public void A_difference_between_variants_is_found_all_the_same()
    {
        var experiment = Of(ExperimentMetric.ErrorRate);
        var found = 0;
        for (var seed = 0; seed < 50; seed++)
        {
            var crowd = new Crowd(seed, worse: 0.5);
            var figures = crowd.Call();
            for (var look = 1; look < Looks; look++)
            {
                figures = crowd.Call();
            }

            found += IsFound(experiment, figures) ? 1 : 0;
        }

        Assert.True(found >= 45, $"{found}");
    }

    [Fact]
    public void More_samples_are_said_to_be_needed_where_calls_of_a_user_are_alike()
    {
        var experiment = Of(ExperimentMetric.ErrorRate);
        var figures = new Crowd(1, worse: 0).Call();
        var (ofUsers, ofCalls) = (Compare(experiment, figures).SamplesNeeded, Compare(experiment with { Key = ExperimentKey.Request }, figures).SamplesNeeded);
        Assert.True(ofUsers > 2 * ofCalls, $"{ofUsers} beside {ofCalls}");
    }

    private static Experiment Of(ExperimentMetric metric) => Trials.Experiment() with
    {
        Metric = metric,
        Better = Experiment.NaturalDirection(metric),
        MinimumEffect = metric == ExperimentMetric.Cost ? new MinimumEffect(Relative: 0.2) : new MinimumEffect(Absolute: 0.1),
    };

    private static bool IsFound(Experiment experiment, Dictionary<string, VariantFigures> figures) => Compare(experiment, figures).IsSignificant;

    private static VariantComparison Compare(Experiment experiment, Dictionary<string, VariantFigures> figures) =>
        Verdict.Of(Trials.Running(experiment), figures, nowUnixMs: 1).Comparisons[0];

    /// <summary>Users, each with a variant and a group by chance, and habits of its own.</summary>
    private sealed class Crowd
    {
        private readonly Random _random;
        private readonly User[] _users;
        private readonly Dictionary<(string Variant, int Cluster), ClusterFigures> _clusters = [];
        private readonly Dictionary<string, (Moments Cost, Moments Feedback)> _moments = new() { ["control"] = default, ["new"] = default };

        public Crowd(int seed, double worse)
        {
            _random = new Random(seed);
            _users = [.. Enumerable.Range(0, Users).Select(_ =>
            {
                var variant = _random.Next(2) == 0 ? "control" : "new";
                var rate = Math.Pow(_random.NextDouble(), 3) * 0.6;
                return new User(variant, 1 + _random.Next(ClusterFigures.Most), 1 + (int)(4 * Math.Exp(Normal())), variant == "new" ? rate + ((1 - rate) * worse) : rate, Math.Exp(Normal()));
            })];
        }

        /// <summary>Each calls as often as it does, and says what it thinks.</summary>
        public Dictionary<string, VariantFigures> Call()
        {
            foreach (var user in _users)
            {
                var cluster = _clusters.GetValueOrDefault((user.Variant, user.Cluster)) ?? new ClusterFigures(user.Cluster);
                for (var i = 0; i < user.Calls; i++)
                {
                    if (_random.NextDouble() < user.ErrorRate)
                    {
                        cluster = cluster with { Calls = cluster.Calls + 1, Failed = cluster.Failed + 1 };
                        continue;
                    }

                    var (cost, score) = ((long)(-1_000_000 * user.Dear * Math.Log(1 - _random.NextDouble())), _random.NextDouble() < Math.Min(0.9, user.Dear / 2) ? 1000 : -1000);
                    var moments = _moments[user.Variant];
                    _moments[user.Variant] = (moments.Cost.With(cost), moments.Feedback.With(score));
                    cluster = cluster with
                    {
                        Calls = cluster.Calls + 1,
                        Succeeded = cluster.Succeeded + 1,
                        CostNanoUsd = cluster.CostNanoUsd + cost,
                        FeedbackMilli = cluster.FeedbackMilli.With(score),
                    };
                }

                _clusters[(user.Variant, user.Cluster)] = cluster;
            }

            return _moments.Keys.ToDictionary(static v => v, Figures, StringComparer.Ordinal);
        }

        private VariantFigures Figures(string variant)
        {
            List<ClusterFigures> clusters = [.. _clusters.Where(c => c.Key.Variant == variant).Select(static c => c.Value)];
            return new VariantFigures
            {
                Calls = clusters.Sum(static c => c.Calls),
                Succeeded = clusters.Sum(static c => c.Succeeded),
                Failed = clusters.Sum(static c => c.Failed),
                CostNanoUsd = _moments[variant].Cost,
                FeedbackMilli = _moments[variant].Feedback,
                Clusters = clusters,
            };
        }

        private double Normal() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());

        private sealed record User(string Variant, int Cluster, int Calls, double ErrorRate, double Dear);
    }
}
