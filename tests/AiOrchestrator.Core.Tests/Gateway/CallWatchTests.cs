using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Tests.Fakes;

namespace AiOrchestrator.Core.Tests.Gateway;

public sealed class CallWatchTests : IDisposable
{
    private readonly SteppedTime _time = new();
    private readonly CancellationTokenSource _client = new();
    private readonly CancellationTokenSource _drain = new();

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
        using var watch = new CallWatch(_time, new ProviderTimeouts(100, 60_000, 60_000, 900_000), ClientGoneAction.Cancel, _client.Token, _drain.Token);
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
        using var drained = Watch(ClientGoneAction.Drain);
        _client.Cancel();
        Assert.Equal((CutReason.ClientGone, CutReason.None), (cut.Reason, drained.Reason));
        _drain.Cancel();
        Assert.Equal((CutReason.ClientGone, CutReason.ShuttingDown), (cut.Reason, drained.Reason));
    }

    private CallWatch Watch(ClientGoneAction gone = ClientGoneAction.Cancel) =>
        new(_time, new ProviderTimeouts(100, 1_000, 300, 10_000), gone, _client.Token, _drain.Token);
}
