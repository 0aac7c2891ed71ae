using System.Text;
using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Caching.Flushes;
using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Tests.Fakes;

namespace AiOrchestrator.Core.Tests.Caching.Storage;

/// <summary>
/// Random lives of a cache, against a model that is a dictionary. What is found is what was put for that namespace and key, and neither expired nor flushed,
/// whatever somebody does who can write into the store. A seed that fails says what it did.
/// </summary>
public sealed class IsolationProperties
{
    private const int Seeds = 300;
    private const int Steps = 120;

    private static readonly string[] Namespaces = ["a", "ab", "a/b", "a/bc", "ab/c", "abc", "A"];
    private static readonly string[] Keys = ["c", "bc", "b", "", "k/b", "K", "k"];
    private static readonly string[] Models = ["m1", "m2"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_found_is_what_was_put_for_that_namespace_and_key()
    {
        var (found, refused, evicted) = (0L, 0L, 0L);
        for (var seed = 1; seed <= Seeds; seed++)
        {
            using var life = new Life(seed);
            try
            {
                await life.LiveAsync();
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e.Message}\n{string.Join('\n', life.Trace)}");
            }

            found += life.Found;
            refused += life.Refused;
            evicted += life.Evicted;
        }

        // A model that finds nothing would hold as well: each of these must really happen.
        Assert.True(found > 1_000 && refused > 300 && evicted > 300, $"found {found}, refused {refused}, evicted {evicted}");
    }

    private sealed class Life(int seed) : IDisposable
    {
        private readonly Random _random = new(seed);
        private readonly ManualTime _time = new();
        private readonly MemoryDocumentStore _documents = new();
        private readonly Dictionary<(string, string), CacheEntry> _model = [];
        private readonly List<StoredCacheEntry> _copied = [];
        private MemoryCacheStore _store = null!;
        private CacheParts _parts = null!;
        private int _puts;

        public List<string> Trace { get; } = [];

        public long Found { get; private set; }

        public long Refused { get; private set; }

        public long Evicted { get; private set; }

        public async Task LiveAsync()
        {
            foreach (var organisation in new[] { "a", "ab", "abc", "A" })
            {
                await CacheParts.AddOrganisationAsync(_documents, organisation);
            }

            _store = new MemoryCacheStore(_time);
            await RestartAsync();
            for (var step = 0; step < Steps; step++)
            {
                await StepAsync();
                foreach (var @namespace in Namespaces)
                {
                    await FindAsync(@namespace, One(Keys));
                }
            }
        }

        public void Dispose() => _parts?.Dispose();

        private Task StepAsync() => _random.Next(12) switch
        {
            < 5 => PutAsync(),
            5 => FlushAsync(),
            6 => Do("time", () => _time.Advance(TimeSpan.FromSeconds(_random.Next(40)))),
            7 => RestartAsync(),
            8 => RemoveAsync(),
            9 => Do("copy a row", () => _copied.AddRange(_store.Rows.Where(_ => _random.Next(3) == 0))),
            10 => Do("plant a row", Plant),
            _ => PruneAsync(),
        };

        private async Task PutAsync()
        {
            var entry = _parts.Entry(One(Namespaces), One(Keys), $"{{\"put\":{++_puts},\"pad\":\"{new string('x', _random.Next(2_000))}\"}}", _random.Next(1_000_000)) with
            {
                Model = One(Models),
                ExpiresUnixMs = _time.UnixMs + _random.Next(1, 120_000),
                Question = $"{_puts}",
            };
            Trace.Add($"put {entry.Namespace} {entry.Key} #{_puts}");
            _model[(entry.Namespace, entry.Key)] = entry;
            await _parts.PutAsync(entry);
        }

        private async Task FlushAsync()
        {
            var @namespace = One(Namespaces);
            var scope = _random.Next(4) switch
            {
                0 => FlushScope.All,
                1 => FlushScope.OfNamespace(@namespace),
                2 => FlushScope.OfModel(One(Models)),
                _ => FlushScope.OfKey(@namespace, One(Keys)),
            };
            var organisation = @namespace.Split('/')[0];
            Trace.Add($"flush {organisation} {scope}");
            Assert.False((await _parts.Flush.RunAsync(organisation, scope, CacheParts.Admin, Cancel)).Failed);
            foreach (var (name, entry) in _model.Where(e => e.Key.Item1.Split('/')[0] == organisation).ToList())
            {
                if ((scope.Namespace is null || scope.Namespace == entry.Namespace) && (scope.Key is null || scope.Key == entry.Key) && (scope.Model is null || scope.Model == entry.Model))
                {
                    _model.Remove(name);
                }
            }
        }

        private async Task RestartAsync()
        {
            Trace.Add("restart");
            Evicted += _parts?.Memory.Counters.Evictions ?? 0;
            _parts?.Dispose();
            _parts = await CacheParts.StartAsync(_time, _documents, _store, new CachingOptions { MemoryBytes = 6_000, StoreBytes = 30_000, StoreTimeoutMs = 10_000 });
        }

        private async Task RemoveAsync()
        {
            var entry = _parts.Entry(One(Namespaces), One(Keys));
            Trace.Add($"remove {entry.Namespace} {entry.Key}");
            _model.Remove((entry.Namespace, entry.Key));
            _parts.Book.Forget(entry);
            await _parts.Worker.DrainAsync(Cancel);
        }

        private async Task PruneAsync()
        {
            Trace.Add("prune");
            await _parts.Worker.TurnAsync(Cancel);
            await _parts.Prune.RunAsync(Cancel);
        }

        /// <summary>
        /// Somebody puts a row under another name: as it is, or so that its columns say that name. A row may be put back where it came from only as long as it is the one
        /// that is to be there: bringing back an answer that was replaced is the one thing that no seal shows.
        /// </summary>
        private void Plant()
        {
            var rows = _store.Rows;
            var row = _copied.Count > 0 && _random.Next(2) == 0 ? One(_copied) : rows.Count > 0 ? One(rows) : null;
            var (@namespace, key) = (One(Namespaces), One(Keys));
            if (row is null || (row.Namespace == @namespace && row.Key == key))
            {
                return;
            }

            Trace.Add($"plant {row.Namespace} {row.Key} as {@namespace} {key}");
            _store.Plant(@namespace, key, _random.Next(2) == 0 ? row : row with { Namespace = @namespace, Key = key });
        }

        private async Task FindAsync(string @namespace, string key)
        {
            var before = _parts.Book.Counters.Corrupted;
            var entry = await _parts.FindAsync(@namespace, key);
            Refused += _parts.Book.Counters.Corrupted - before;
            await _parts.Worker.DrainAsync(Cancel);
            if (entry is null)
            {
                return;
            }

            Found++;
            var expected = _model.GetValueOrDefault((@namespace, key));
            Assert.True(expected is not null, $"{@namespace} {key} was found and is not to be there");
            Assert.Equal(expected with { Body = default }, entry with { Body = default });
            Assert.Equal(Encoding.UTF8.GetString(expected.Body.Span), Encoding.UTF8.GetString(entry.Body.Span));
            Assert.True(entry.ExpiresUnixMs > _time.UnixMs);
        }

        private Task Do(string what, Action action)
        {
            Trace.Add(what);
            action();
            return Task.CompletedTask;
        }

        private T One<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];
    }
}
