using AiOrchestrator.Core.Caching.Flushes;
using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Core.Tests.Caching.Flushes;

public sealed class FlushBookTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly CacheParts _parts;

    public FlushBookTests() => _parts = new CacheParts(_time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _parts.Dispose();

    [Theory]
    [InlineData(null, null, null, true, true, true, true)]
    [InlineData("org_1/wal_1", null, null, false, true, true, false)]
    [InlineData("org_1/wal_1", "k", null, false, true, false, false)]
    [InlineData(null, null, "other", false, false, true, false)]
    [InlineData("org_1", null, null, true, false, false, true)]
    public async Task A_flush_ends_what_it_names_and_nothing_else(string? @namespace, string? key, string? model, params bool[] ended)
    {
        var entries = new[]
        {
            _parts.Entry("org_1", "k"), _parts.Entry("org_1/wal_1", "k"), _parts.Entry("org_1/wal_1", "l") with { Model = "other" }, _parts.Entry("org_1", "l"),
        };
        var foreign = _parts.Entry("org_2", "k");
        await FlushAsync(new FlushScope(@namespace, key, model));
        Assert.Equal(ended, entries.Select(_parts.Flushes.IsFlushed));
        Assert.False(_parts.Flushes.IsFlushed(foreign));
        Assert.Equal((1, 0), (_parts.Flushes.CurrentNumber("org_1"), _parts.Flushes.CurrentNumber("org_2")));
    }

    [Fact]
    public async Task What_was_asked_for_after_a_flush_lives_and_what_was_under_way_dies()
    {
        var underWay = _parts.Entry();
        var first = await FlushAsync(FlushScope.All);
        var after = _parts.Entry();
        Assert.Equal((1, 1, true, false), (first.Number, after.FlushNumber, _parts.Flushes.IsFlushed(underWay), _parts.Flushes.IsFlushed(after)));
        await FlushAsync(FlushScope.OfNamespace("org_1/wal_9"));
        Assert.False(_parts.Flushes.IsFlushed(after));
        await FlushAsync(FlushScope.OfKey("org_1", "k"));
        Assert.True(_parts.Flushes.IsFlushed(after));
    }

    [Fact]
    public async Task A_foreign_namespace_is_refused() =>
        await Assert.ThrowsAsync<ArgumentException>(() => _parts.Flushes.FlushAsync("org_1", FlushScope.OfNamespace("org_10/wal_1"), CacheParts.Admin, Cancel));

    [Fact]
    public async Task It_is_remembered_who_flushed_what_when()
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        var mark = await FlushAsync(FlushScope.OfModel("openai/gpt-4o"));
        Assert.Equal(new FlushMark(1, FlushScope.OfModel("openai/gpt-4o"), _time.UnixMs, "admin"), mark);
        Assert.Equal([mark], Stored().Marks);
    }

    [Fact]
    public async Task Flushes_that_meet_are_all_kept()
    {
        using var other = new CacheParts(_time, _parts.Documents);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? _parts : other).Flushes.FlushAsync("org_1", FlushScope.OfKey("org_1", $"k{i}"), CacheParts.Admin, Cancel)));
        await FlushAsync(FlushScope.OfKey("org_1", "last"));
        Assert.Equal((21, 21), (Stored().Last, Stored().Marks.Count));
        Assert.Equal(21, Stored().Marks.Select(static m => m.Number).Distinct().Count());
    }

    [Fact]
    public async Task On_another_instance_it_holds_after_two_turns_and_after_a_restart_at_once()
    {
        await CacheParts.AddOrganisationAsync(_parts.Documents, "org_1");
        using var other = await CacheParts.StartAsync(_time, _parts.Documents);
        var refresh = new ConfigurationRefresh(
            _parts.Documents,
            [new ConfigurationPart(FlushBook.Kind.Name, FlushBook.Kind.Covers, other.Directory.LoadAsync)],
            TimeSpan.FromSeconds(2),
            _time,
            NullLogger<ConfigurationRefresh>.Instance);
        await refresh.TurnAsync(Cancel);
        var entry = _parts.Entry();
        await FlushAsync(FlushScope.All);
        Assert.False(other.Flushes.IsFlushed(entry));
        await refresh.TurnAsync(Cancel);
        await refresh.TurnAsync(Cancel);
        Assert.True(other.Flushes.IsFlushed(entry));

        using var restarted = await CacheParts.StartAsync(_time, _parts.Documents);
        Assert.True(restarted.Flushes.IsFlushed(entry));
        Assert.Equal(1, restarted.Flushes.CurrentNumber("org_1"));
    }

    [Fact]
    public void Of_the_same_scope_only_the_newest_is_kept_and_a_wider_one_takes_in_all_before_it()
    {
        var stored = With(StoredFlushes.None, FlushScope.OfKey("o", "k"), FlushScope.OfKey("o", "k"), FlushScope.OfNamespace("o/w"), FlushScope.OfModel("m"));
        Assert.Equal([2, 3, 4], stored.Marks.Select(static m => m.Number));
        stored = With(stored, FlushScope.OfNamespace("o"));
        Assert.Equal([3, 4, 5], stored.Marks.Select(static m => m.Number));
        stored = With(stored, FlushScope.All);
        Assert.Equal((6, 6), (Assert.Single(stored.Marks).Number, stored.Last));
    }

    [Fact]
    public void What_is_older_than_any_answer_is_forgotten_and_its_number_never_comes_again()
    {
        var stored = StoredFlushes.None.With(new FlushMark(0, FlushScope.All, 0, "a"));
        var day = (long)TimeSpan.FromDays(1).TotalMilliseconds;
        Assert.Equal([1, 2], stored.With(new FlushMark(0, FlushScope.OfModel("m"), (32 * day) - 1, "a")).Marks.Select(static m => m.Number));
        var later = stored.With(new FlushMark(0, FlushScope.OfModel("m"), 32 * day, "a"));
        Assert.Equal((2, 2), (Assert.Single(later.Marks).Number, later.Last));
    }

    [Fact]
    public void Too_many_single_ones_become_one_of_their_namespace_that_ends_no_less()
    {
        var scopes = Enumerable.Range(0, 1000).Select(static i => FlushScope.OfKey(i < 990 ? "o/many" : "o/few", $"k{i}")).ToArray();
        var stored = With(StoredFlushes.None, scopes);
        Assert.Equal(1000, stored.Marks.Count);
        stored = With(stored, FlushScope.OfKey("o/few", "one more"));
        Assert.Equal(12, stored.Marks.Count);
        var marks = new FlushMarks(stored);
        Assert.All(scopes.Index(), s => Assert.True(marks.End(new EntryName(s.Item.Namespace!, s.Item.Key!), "m", s.Index)));
        Assert.True(marks.End(new EntryName("o/many", "never named"), "m", 989));
        Assert.False(marks.End(new EntryName("o/many", "never named"), "m", 990));
        Assert.False(marks.End(new EntryName("o/few", "never named"), "m", 0));
        Assert.Equal(1001, marks.Last);
    }

    [Fact]
    public void Too_many_namespaces_and_models_become_one_of_all()
    {
        var stored = With(StoredFlushes.None, [.. Enumerable.Range(0, 1001).Select(static i => i % 2 == 0 ? FlushScope.OfNamespace($"o/{i}") : FlushScope.OfModel($"m{i}"))]);
        Assert.Equal(new FlushMark(1001, FlushScope.All, 1, "a"), Assert.Single(stored.Marks));
    }

    [Fact]
    public async Task Asking_allocates_nothing()
    {
        await FlushAsync(FlushScope.OfKey("org_1/wal_1", "other"));
        await FlushAsync(FlushScope.OfModel("other"));
        var entry = _parts.Entry("org_1/wal_1") with { FlushNumber = 0 };
        for (var i = 0; i < 100; i++)
        {
            _ = _parts.Flushes.IsFlushed(entry);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            _ = _parts.Flushes.IsFlushed(entry);
            _ = _parts.Flushes.CurrentNumber("org_1");
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static StoredFlushes With(StoredFlushes stored, params FlushScope[] scopes) =>
        scopes.Aggregate(stored, static (before, scope) => before.With(new FlushMark(0, scope, 1, "a")));

    private StoredFlushes Stored() => _parts.Directory.Find("org_1", StoredFlushes.Id)!.Value;

    private async Task<FlushMark> FlushAsync(FlushScope scope)
    {
        var mark = await _parts.Flushes.FlushAsync("org_1", scope, CacheParts.Admin, Cancel);
        Assert.False(mark.Failed);
        return mark.Value;
    }
}
