using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Tests.Insight;

public sealed class UsageIngestTests
{
    private readonly IngestScene _scene = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ends_and_lines_are_stored_and_starts_without_an_end_are_noted()
    {
        var result = await _scene.IngestAsync(Run());
        Assert.Equal(new IngestResult(Stored: 6, Poison: 0, Postponed: 0), result);
        var statement = await _scene.Store.StatementAsync(new StatementQuery("wal_root"), Cancel);
        Assert.Equal([77, StatementNumbers.OfCall(Usage.Id(Usage.Noon + 1, 1), Usage.Noon + 1), StatementNumbers.OfCall(Usage.Id(Usage.Noon + 2, 2), Usage.Noon + 2)], statement.Select(static e => e.Number));
        var known = await _scene.Evidence.ReadAsync("wal_leaf", 7, Cancel);
        Assert.Equal(500, known.SettledNanoUsd);
        Assert.Equal(Usage.Id(Usage.Noon + 3, 3), Assert.Single(known.OpenCalls).Id);
        Assert.Equal(0, await _scene.Store.PositionAsync(Cancel));
        Assert.Empty(await _scene.LettersAsync());
    }

    [Fact]
    public async Task An_end_in_a_later_run_removes_its_start()
    {
        await _scene.IngestAsync(Run());
        await _scene.IngestAsync(IngestScene.Event(9, UsageEnvelope.Write(IngestScene.EndOf(3, 30))));
        var known = await _scene.Evidence.ReadAsync("wal_leaf", 7, Cancel);
        Assert.Equal(530, known.SettledNanoUsd);
        Assert.Empty(known.OpenCalls);
    }

    [Fact]
    public async Task A_run_that_was_stored_and_not_checkpointed_changes_nothing_when_it_comes_again()
    {
        await _scene.IngestAsync(Run());
        var figures = await _scene.FiguresAsync();
        await _scene.IngestAsync(Run());
        Assert.Equal(new IngestResult(12, 0, 0), await _scene.IngestAsync([.. Run(), .. Run()]));
        Assert.Equal(figures, await _scene.FiguresAsync());
    }

    [Fact]
    public async Task Neither_order_nor_repetition_nor_the_cut_into_runs_changes_a_figure()
    {
        await _scene.IngestAsync(Run());
        var wanted = await _scene.FiguresAsync();
        for (var seed = 0; seed < 100; seed++)
        {
            var random = new Random(seed);
            IncomingEvent[] events = [.. Run(), .. Run().Where(_ => random.Next(2) == 0)];
            random.Shuffle(events);
            var scene = new IngestScene();
            foreach (var run in events.Chunk(random.Next(1, 6)))
            {
                await scene.IngestAsync(run);
            }

            Assert.Equal(wanted, await scene.FiguresAsync());
        }
    }

    [Fact]
    public async Task A_poison_event_is_put_aside_with_its_reason_and_stops_no_other()
    {
        var result = await _scene.IngestAsync(
        [
            IngestScene.Event(20, "not JSON"),
            .. Run(),
            IngestScene.Event(21, """{"v":1,"kind":"later"}"""),
            IngestScene.Event(22, """{"v":9}"""),
        ]);
        Assert.Equal(new IngestResult(6, 3, 0), result);
        Assert.Equal(["dead-letters/2027-01-15/3-20.json", "dead-letters/2027-01-15/3-21.json", "dead-letters/2027-01-15/3-22.json"], await _scene.LettersAsync());
        var letter = await _scene.LetterAsync("dead-letters/2027-01-15/3-20.json");
        Assert.Contains("not JSON", letter.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal("not JSON"u8.ToArray(), letter.GetProperty("body").GetBytesFromBase64());
        Assert.Equal(("3", 20, Usage.Noon + 20), (
            letter.GetProperty("partition").GetString(), letter.GetProperty("sequence_number").GetInt64(), letter.GetProperty("enqueued_unix_ms").GetInt64()));
    }

    [Fact]
    public async Task An_event_only_the_store_refuses_is_poison_alone()
    {
        Refuse(2, static () => new InvalidDataException("too large"));
        Assert.Equal(new IngestResult(5, 1, 0), await _scene.IngestAsync(Run()));
        Assert.Contains("too large", (await _scene.LetterAsync("dead-letters/2027-01-15/3-5.json")).GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Null(await _scene.Store.GetAsync("org_1", Usage.Id(Usage.Noon + 2, 2), Cancel));
        Assert.NotNull(await _scene.Store.GetAsync("org_1", Usage.Id(Usage.Noon + 1, 1), Cancel));

        // Its end is not stored: its start still speaks for it.
        Assert.Equal(2, _scene.Evidence.Count);
    }

    [Fact]
    public async Task A_store_that_fails_for_a_moment_is_tried_again_with_longer_waits()
    {
        var attempts = new List<long>();
        _scene.Store.BeforeStore = _ =>
        {
            attempts.Add(_scene.Time.GetUtcNow().ToUnixTimeMilliseconds());
            return attempts.Count < 4 ? throw new IOException("store") : Task.CompletedTask;
        };
        Assert.Equal(new IngestResult(6, 0, 0), await _scene.IngestAsync(Run()));
        var waits = attempts.Zip(attempts.Skip(1), static (a, b) => b - a).ToArray();
        Assert.True(waits is [>= 200, >= 400, >= 800]);
    }

    [Fact]
    public async Task One_event_the_store_never_takes_is_postponed_and_the_others_are_stored()
    {
        Refuse(1, static () => new IOException("store"));
        Assert.Equal(new IngestResult(5, 0, 1), await _scene.IngestAsync(Run()));
        Assert.Equal("dead-letters/retry/2027-01-15/3-2.json", Assert.Single(await _scene.LettersAsync()));
    }

    [Fact]
    public async Task While_the_store_is_down_every_event_is_put_aside_and_taken_in_later()
    {
        await _scene.IngestAsync(Run());
        var wanted = await _scene.FiguresAsync();

        var scene = new IngestScene();
        scene.Store.BeforeStore = static _ => throw new IOException("store");
        scene.Evidence.BeforeNote = static started => _ = started.Count > 0 ? throw new IOException("store") : started.Count;
        Assert.Equal(new IngestResult(0, 0, 6), await scene.IngestAsync(Run()));
        Assert.Equal(6, (await scene.LettersAsync(ReplayDeadLetters.RetryPrefix)).Count);
        Assert.Equal(new ReplayResult(0, 0, 6), await scene.RunAsync(scene.Replay.ExecuteAsync(ReplayDeadLetters.RetryPrefix, Cancel)));
        Assert.Equal(6, (await scene.LettersAsync()).Count);

        scene.Store.BeforeStore = null;
        scene.Evidence.BeforeNote = null;
        Assert.Equal(new ReplayResult(6, 0, 0), await scene.Replay.ExecuteAsync(ReplayDeadLetters.RetryPrefix, Cancel));
        Assert.Empty(await scene.LettersAsync());
        Assert.Equal(wanted, await scene.FiguresAsync());
        Assert.Equal(1, scene.Evidence.Count);
    }

    [Fact]
    public async Task A_store_that_fails_in_the_middle_loses_nothing()
    {
        await _scene.IngestAsync(Run());
        var wanted = await _scene.FiguresAsync();
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var scene = new IngestScene();
            scene.Store.BeforeStore = _ => random.Next(4) > 0 ? throw new IOException("store") : Task.CompletedTask;
            scene.Evidence.BeforeNote = started => _ = random.Next(4) > 0 ? throw new IOException("store") : started.Count;
            var result = await scene.IngestAsync(Run());
            Assert.Equal((6, 0), (result.Stored + result.Postponed, result.Poison));
            Assert.Equal(result.Postponed, (await scene.LettersAsync()).Count);
            for (var i = 0; i < 1000 && (await scene.LettersAsync()).Count > 0; i++)
            {
                await scene.RunAsync(scene.Replay.ExecuteAsync(ReplayDeadLetters.RetryPrefix, Cancel));
            }

            Assert.Empty(await scene.LettersAsync());
            Assert.Equal(wanted, await scene.FiguresAsync());
        }
    }

    [Fact]
    public async Task What_can_neither_be_stored_nor_put_aside_is_told_and_the_others_are_done()
    {
        Refuse(1, static () => new IOException("store"));
        _scene.Blobs.Broken = true;
        var failure = await Assert.ThrowsAsync<AggregateException>(() => _scene.IngestAsync(Run()));
        Assert.Contains("1 usage events", failure.Message, StringComparison.Ordinal);
        Assert.NotNull(await _scene.Store.GetAsync("org_1", Usage.Id(Usage.Noon + 2, 2), Cancel));

        _scene.Store.BeforeStore = null;
        _scene.Blobs.Broken = false;
        Assert.Equal(new IngestResult(6, 0, 0), await _scene.IngestAsync(Run()));
    }

    [Fact]
    public async Task When_the_host_stops_what_is_not_stored_is_put_aside()
    {
        using var stop = new CancellationTokenSource();
        _scene.Store.BeforeStore = _ =>
        {
            stop.Cancel();
            throw new OperationCanceledException(stop.Token);
        };
        Assert.Equal(new IngestResult(0, 0, 6), await _scene.Ingest.IngestAsync(Run(), stop.Token));
        Assert.Equal(6, (await _scene.LettersAsync(ReplayDeadLetters.RetryPrefix)).Count);
    }

    [Fact]
    public async Task Starts_that_cannot_be_noted_are_postponed_and_ends_are_not()
    {
        _scene.Evidence.BeforeNote = static _ => throw new IOException("store");
        Assert.Equal(new IngestResult(5, 0, 1), await _scene.IngestAsync(Run()));
        Assert.Equal("dead-letters/retry/2027-01-15/3-4.json", Assert.Single(await _scene.LettersAsync()));
    }

    /// <summary>Two calls from beginning to end, one that was only started, one line.</summary>
    private static IncomingEvent[] Run() =>
    [
        IngestScene.Event(1, UsageEnvelope.Write(IngestScene.StartOf(1))),
        IngestScene.Event(2, UsageEnvelope.Write(IngestScene.EndOf(1, 300))),
        IngestScene.Event(3, UsageEnvelope.Write(IngestScene.StartOf(2))),
        IngestScene.Event(4, UsageEnvelope.Write(IngestScene.StartOf(3))),
        IngestScene.Event(5, UsageEnvelope.Write(IngestScene.EndOf(2, 200))),
        IngestScene.Event(6, UsageEnvelope.Write(new NumberedLine(77, Usage.Line("wal_root")))),
    ];

    private void Refuse(int call, Func<Exception> why) => _scene.Store.BeforeStore = batches =>
    {
        var id = Usage.Id(Usage.Noon + call, call).ToString();
        return batches.Any(b => b.Entries.Any(e => e.Usage?.Id == id)) ? throw why() : Task.CompletedTask;
    };
}

public sealed class ReplayDeadLettersTests
{
    private readonly IngestScene _scene = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_job_leaves_poison_alone_and_a_person_can_replay_it_once_the_cause_is_mended()
    {
        _scene.Store.BeforeStore = static _ => throw new InvalidDataException("unknown to this version");
        var end = IngestScene.Event(5, UsageEnvelope.Write(IngestScene.EndOf(1, 300)));
        Assert.Equal(new IngestResult(0, 2, 0), await _scene.IngestAsync(end, IngestScene.Event(6, "never")));
        Assert.Equal(default, await _scene.Replay.ExecuteAsync(ReplayDeadLetters.RetryPrefix, Cancel));

        _scene.Store.BeforeStore = null;
        Assert.Equal(new ReplayResult(1, 1, 0), await _scene.Replay.ExecuteAsync("dead-letters/2027-01-1", Cancel));
        Assert.Equal("dead-letters/2027-01-15/3-6.json", Assert.Single(await _scene.LettersAsync()));
        Assert.NotNull(await _scene.Store.GetAsync("org_1", Usage.Id(Usage.Noon + 1, 1), Cancel));
        Assert.Equal(new ReplayResult(0, 1, 0), await _scene.Replay.ExecuteAsync(ReplayDeadLetters.AllPrefix, Cancel));
    }

    [Fact]
    public async Task What_waited_for_the_store_and_turns_out_unusable_moves_to_where_a_person_looks()
    {
        _scene.Store.BeforeStore = static _ => throw new IOException("store");
        await _scene.IngestAsync(IngestScene.Event(5, UsageEnvelope.Write(IngestScene.EndOf(1, 300))));
        _scene.Store.BeforeStore = static _ => throw new InvalidDataException("too large");
        Assert.Equal(new ReplayResult(0, 1, 0), await _scene.RunAsync(_scene.Replay.ExecuteAsync(ReplayDeadLetters.RetryPrefix, Cancel)));
        Assert.Equal("dead-letters/2027-01-15/3-5.json", Assert.Single(await _scene.LettersAsync()));
    }

    [Fact]
    public async Task What_is_no_dead_letter_stays_and_stops_no_other()
    {
        _scene.Store.BeforeStore = static _ => throw new IOException("store");
        await _scene.IngestAsync(IngestScene.Event(5, UsageEnvelope.Write(IngestScene.EndOf(1, 300))));
        _scene.Store.BeforeStore = null;
        await _scene.Blobs.WriteAsync("dead-letters/retry/0.json", new MemoryStream("{}"u8.ToArray()), Cancel);
        Assert.Equal(new ReplayResult(1, 1, 0), await _scene.Replay.ExecuteAsync(ReplayDeadLetters.RetryPrefix, Cancel));
        Assert.Equal("dead-letters/retry/0.json", Assert.Single(await _scene.LettersAsync()));
    }

    [Fact]
    public async Task Letters_beyond_a_run_wait_while_the_store_is_down()
    {
        var tries = 0;
        _scene.Store.BeforeStore = _ =>
        {
            tries++;
            throw new IOException("store");
        };
        await _scene.IngestAsync([.. Enumerable.Range(0, 150).Select(static i => IngestScene.Event(i, UsageEnvelope.Write(IngestScene.EndOf(i, 1))))]);
        Assert.True(tries < 20, $"a store that is down was asked {tries} times");
        Assert.Equal(new ReplayResult(0, 0, 150), await _scene.RunAsync(_scene.Replay.ExecuteAsync(ReplayDeadLetters.RetryPrefix, Cancel)));
        _scene.Store.BeforeStore = null;
        Assert.Equal(new ReplayResult(150, 0, 0), await _scene.Replay.ExecuteAsync(ReplayDeadLetters.RetryPrefix, Cancel));
    }

    [Fact]
    public async Task Only_dead_letters_are_read() =>
        await Assert.ThrowsAsync<ArgumentException>(() => _scene.Replay.ExecuteAsync("exports/", Cancel));
}
