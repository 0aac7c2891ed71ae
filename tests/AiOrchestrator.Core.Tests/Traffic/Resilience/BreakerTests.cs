using AiOrchestrator.Core.Traffic.Resilience;

namespace AiOrchestrator.Core.Tests.Traffic.Resilience;

public sealed class BreakerTests
{
    private const long Now = 1_800_000_000_000;

    [Fact]
    public void It_opens_after_five_failures_in_a_row_and_not_before()
    {
        var state = After(default, failures: 4);
        Assert.Equal(BreakerPhase.Closed, state.PhaseAt(Now));

        state = state.After(failed: true, Now);
        Assert.Equal(BreakerPhase.Open, state.PhaseAt(Now));
        Assert.Equal(BreakerPhase.Open, state.PhaseAt(Now + BreakerState.OpenMs - 1));
        Assert.Equal(BreakerPhase.HalfOpen, state.PhaseAt(Now + BreakerState.OpenMs));
    }

    [Fact]
    public void A_good_answer_between_failures_begins_the_row_anew()
    {
        var state = After(default, failures: 4).After(failed: false, Now);

        Assert.Equal(BreakerPhase.Closed, After(state, failures: 4).PhaseAt(Now));
    }

    [Fact]
    public void It_opens_when_half_of_twenty_calls_fail()
    {
        var state = default(BreakerState);
        for (var i = 0; i < 19; i++)
        {
            state = state.After(failed: i % 2 == 0, Now);
            Assert.Equal(BreakerPhase.Closed, state.PhaseAt(Now));
        }

        Assert.Equal(BreakerPhase.Open, state.After(failed: true, Now).PhaseAt(Now));
    }

    [Fact]
    public void Half_open_lets_one_call_through_and_its_end_decides()
    {
        var later = Now + BreakerState.OpenMs;
        var tried = After(default, failures: 5).Tried(later);

        Assert.Equal(BreakerPhase.Open, tried.PhaseAt(later));
        Assert.Equal(BreakerPhase.Closed, tried.After(failed: false, later).PhaseAt(later));
        Assert.Equal(BreakerPhase.Open, tried.After(failed: true, later).PhaseAt(later + BreakerState.OpenMs - 1));
    }

    [Fact]
    public void A_trial_whose_end_is_never_told_keeps_nobody_out_for_longer_than_one_window()
    {
        var later = Now + BreakerState.OpenMs;

        Assert.Equal(BreakerPhase.HalfOpen, After(default, failures: 5).Tried(later).PhaseAt(later + BreakerState.OpenMs));
    }

    [Fact]
    public void What_fails_late_does_not_keep_it_open_for_longer()
    {
        var open = After(default, failures: 5);

        Assert.Equal(open, open.After(failed: true, Now + 5000));
    }

    [Fact]
    public void Of_many_callers_at_a_half_open_breaker_exactly_one_goes_first()
    {
        var cell = new RouteCell();
        for (var i = 0; i < 5; i++)
        {
            cell.Enter(Now);
            cell.Leave(failed: true, 0, Now);
        }

        var entered = 0;
        Parallel.For(0, 1000, _ =>
        {
            if (cell.Enter(Now + BreakerState.OpenMs))
            {
                Interlocked.Increment(ref entered);
            }
        });

        Assert.Equal((1, 1000), (entered, cell.UnderWay));
    }

    [Fact]
    public void What_is_opened_by_others_word_lets_one_through_after_its_window()
    {
        var cell = new RouteCell();
        cell.Open(Now);
        Assert.Equal(BreakerPhase.Open, cell.PhaseAt(Now + BreakerState.OpenMs - 1));
        Assert.True(cell.Enter(Now + BreakerState.OpenMs));
        Assert.False(cell.Enter(Now + BreakerState.OpenMs));
        cell.Open(Now + BreakerState.OpenMs + 1);
        Assert.Equal(BreakerPhase.HalfOpen, cell.PhaseAt(Now + (2 * BreakerState.OpenMs)));
    }

    private static BreakerState After(BreakerState state, int failures)
    {
        for (var i = 0; i < failures; i++)
        {
            state = state.After(failed: true, Now);
        }

        return state;
    }
}
