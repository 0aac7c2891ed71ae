using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Tests.Fakes;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Tests.Gateway;

public sealed class CallWatchTests : IDisposable
{
    private readonly SteppedTime _time = new();
    private readonly CancellationTokenSource _client = new();
    private readonly CancellationTokenSource _drain = new();
    private readonly DrainPlaces _places = new(Options.Create(new GatewayOptions()));

    public void Dispose()
    {
        _client.Dispose();
        _drain.Dispose();
    }

    [Fact]
    public void A_call_is_cut_when_no_first_byte_comes_in_time()
    {
        using var watch = Watch();
        _time.Advance(999);
        Assert.False(watch.Token.IsCancellationRequested);
        _time.Advance(1);
        Assert.Equal((true, CutReason.FirstByteTimeout), (watch.Token.IsCancellationRequested, watch.Reason));
    }

    [Fact]
    public void After_the_first_byte_only_silence_of_the_idle_timeout_cuts()
    {
        using var watch = Watch();
        for (var i = 0; i < 20; i++)
        {
            _time.Advance(290);
            watch.Progress();
        }

        Assert.Equal(CutReason.None, watch.Reason);
        _time.Advance(600);
        Assert.Equal(CutReason.IdleTimeout, watch.Reason);
    }

    [Fact]
    public void A_call_is_cut_at_its_total_timeout_however_busy_it_is()
    {
        using var watch = Watch();
        for (var i = 0; i < 110; i++)
        {
            _time.Advance(100);
            watch.Progress();
        }

        Assert.Equal(CutReason.TotalTimeout, watch.Reason);
    }

    [Fact]
    public void A_slow_client_is_not_the_providers_silence()
    {
        using var watch = Watch();
        watch.Progress();
        watch.Writing(true);
        _time.Advance(5_000);
        Assert.Equal(CutReason.None, watch.Reason);
        watch.Writing(false);
        _time.Advance(700);
        Assert.Equal(CutReason.IdleTimeout, watch.Reason);
    }

    [Fact]
    public void After_the_end_marker_the_formal_end_is_waited_for_a_quarter_of_a_second_only()
    {
        using var watch = new CallWatch(_time, new ProviderTimeouts(100, 60_000, 60_000, 900_000), Cancel, _places, _client.Token, _drain.Token);
        watch.Progress();
        watch.AlmostDone();
        _time.Advance(249);
        Assert.Equal(CutReason.None, watch.Reason);
        _time.Advance(1);
        Assert.Equal(CutReason.IdleTimeout, watch.Reason);
    }

    [Fact]
    public void A_vanished_client_cuts_at_once_unless_the_provider_is_to_be_drained()
    {
        using var cut = Watch();
        using var drained = Watch(Drained);
        _client.Cancel();
        Assert.Equal((CutReason.ClientGone, CutReason.None), (cut.Reason, drained.Reason));
        Assert.True(cut.ClientGone && drained.ClientGone);
        Assert.Equal((false, true, 1), (cut.DrainTimestamp != 0, drained.DrainTimestamp != 0, _places.Taken));
        _drain.Cancel();
        Assert.Equal((CutReason.ClientGone, CutReason.ShuttingDown), (cut.Reason, drained.Reason));
    }

    [Fact]
    public void A_drain_ends_when_its_time_is_over_however_busy_the_provider_is()
    {
        using var watch = Watch(Drained);
        _client.Cancel();
        for (var i = 0; i < 19; i++)
        {
            _time.Advance(100);
            watch.Progress();
        }

        Assert.Equal(CutReason.None, watch.Reason);
        _time.Advance(100);
        Assert.Equal((true, CutReason.ClientGone), (watch.Token.IsCancellationRequested, watch.Reason));
    }

    [Fact]
    public void A_drain_ends_with_the_token_beyond_its_bound_counted_since_the_client_left()
    {
        using var watch = Watch(Drained);
        watch.Received(1_000);
        _client.Cancel();
        watch.Received(1_050);
        Assert.Equal(CutReason.None, watch.Reason);
        watch.Received(1_051);
        Assert.Equal(CutReason.ClientGone, watch.Reason);
    }

    [Fact]
    public void Nothing_is_drained_that_was_not_sent_or_that_may_not_take_any_time()
    {
        using var unsent = new CallWatch(_time, Timeouts, Drained, _places, _client.Token, _drain.Token);
        using var without = Watch(Drained with { DrainTimeoutMs = 0 });
        _client.Cancel();
        Assert.Equal((CutReason.ClientGone, CutReason.ClientGone, 0), (unsent.Reason, without.Reason, _places.Taken));
    }

    [Fact]
    public void The_sixty_fifth_drain_is_cut_and_a_place_is_free_again_when_a_drain_has_ended()
    {
        var watches = Enumerable.Range(0, 65).Select(_ => Watch(Drained)).ToList();
        _client.Cancel();
        Assert.Equal((64, 64), (watches.Count(static w => w.Reason == CutReason.None), _places.Taken));
        Assert.Single(watches, static w => w.Reason == CutReason.ClientGone);
        watches.ForEach(static w => w.Dispose());
        Assert.Equal(0, _places.Taken);
    }

    [Fact]
    public void A_client_that_leaves_with_its_whole_answer_begins_no_drain()
    {
        using var watch = Watch(Drained);
        watch.Progress();
        watch.AlmostDone();
        _client.Cancel();
        Assert.Equal((false, CutReason.None, 0), (watch.ClientGone, watch.Reason, _places.Taken));
    }

    private static ClientGoneRule Cancel { get; } = new(ClientGoneAction.Cancel, 30_000, 20_000);

    private static ClientGoneRule Drained { get; } = new(ClientGoneAction.Drain, 2_000, 50);

    private static ProviderTimeouts Timeouts { get; } = new(100, 1_000, 300, 10_000);

    /// <summary>Of a call that is under way.</summary>
    private CallWatch Watch(ClientGoneRule? gone = null)
    {
        var watch = new CallWatch(_time, Timeouts, gone ?? Cancel, _places, _client.Token, _drain.Token);
        watch.Sending();
        return watch;
    }
}
