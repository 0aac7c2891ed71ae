using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Fakes;

namespace AiOrchestrator.Core.Tests.Limits;

public sealed class InProcessRateAuthorityTests : RateAuthorityConformance
{
    private readonly ManualTime _time = new();
    private readonly RateClock _clock;

    public InProcessRateAuthorityTests()
    {
        // The clock of the tests begins at eight in the morning.
        _time.Advance(TimeSpan.FromHours(4));
        _clock = new RateClock(_time);
        Authority = new InProcessRateAuthority(_clock);
    }

    protected override IRateAuthority Authority { get; }

    protected override long MinuteNow => _clock.UnixMs / RateClock.MinuteMs;

    protected override void Advance(TimeSpan by) => _time.Advance(by);
}
