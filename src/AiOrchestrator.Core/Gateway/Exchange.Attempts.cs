using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Traffic.Decision;
using AiOrchestrator.Core.Traffic.Resilience;

namespace AiOrchestrator.Core.Gateway;

/// <summary>One try at one route that did not end in an answer.</summary>
/// <param name="Provider">Who was asked.</param>
/// <param name="Model">For what.</param>
/// <param name="Code">How it ended, as errors have it.</param>
/// <param name="UpstreamStatus">What was answered; 0 where nothing was.</param>
internal readonly record struct FailedAttempt(string Provider, string Model, string Code, int UpstreamStatus);

/// <summary>A request on its way through: one route after another.</summary>
internal sealed partial class Exchange
{
    private string? _askedServiceTier;
    private bool _knowsServiceTier;

    /// <summary>Whatever is drawn for it is drawn from this: the random part of its name.</summary>
    public ulong Chance => (ulong)(Id.Value & ulong.MaxValue);

    /// <summary>Who serves it, and who is asked next; null for calls that can be served by one alone.</summary>
    public RoutePlan? Plan { get; set; }

    /// <summary>Whether the caller wants to know why, in a header.</summary>
    public bool TellsRoute => IsTrue("x-route");

    /// <summary>Whether it is only explained, to an administrator.</summary>
    public bool IsExplained { get; init; }

    /// <summary>Whether it is taken down what is looked at: where somebody wants to know, or nothing is sent.</summary>
    public bool TracesRoute => TellsRoute || IsTrue("x-dry-run");

    /// <summary>What was looked at when it was decided who serves it; null where nobody wants to know.</summary>
    public DecisionTrace? RouteTrace { get; set; }

    /// <summary>Members of the request that a rule or an experiment has set.</summary>
    public IReadOnlyList<string> Settings { get; set; } = [];

    /// <summary>Which of the plan's candidates is asked.</summary>
    public int CandidateIndex { get; private set; }

    /// <summary>What is told how the try under way ends; null where nothing is, or it has been told.</summary>
    public RouteCell? Cell { get; set; }

    /// <summary>Whether the health book has been told of the try under way.</summary>
    public bool IsTold { get; set; }

    /// <summary>Tries that failed before the one under way, of this exchange and of those it goes on for.</summary>
    public IReadOnlyList<FailedAttempt> FailedAttempts { get; private set; } = [];

    /// <summary>Whether the try under way stands among them.</summary>
    public bool IsNoted { get; private set; }

    /// <summary>The exchange that goes on for this one, whose call may have been billed; null for none.</summary>
    public Exchange? Successor { get; private set; }

    /// <summary>The exchange this one goes on for; null for none.</summary>
    public string? RetryOf { get; private init; }

    /// <summary>The one that has the last word on the request.</summary>
    public Exchange Last => Successor?.Last ?? this;

    /// <summary>The worst case at the route that is asked; what is held covers it, and the others' too.</summary>
    public long OwnHoldNanoUsd { get; set; }

    /// <summary>The worst case at the dearest route that may be asked: what is to be held; 0 where only one may.</summary>
    public long PlanHoldNanoUsd { get; set; }

    /// <summary>Whether another exchange of the same request is under way beside it: then it leaves the answer's headers alone.</summary>
    public bool IsRacing { get; set; }

    /// <summary>The exchange that is under way beside it, until one of the two is the last; null for none.</summary>
    public Exchange? Beside { get; set; }

    /// <summary>What the exchanges of the same request are charged that ended before this one; nano-dollars.</summary>
    public long EarlierNanoUsd { get; private set; }

    /// <summary>Whether it was cut because the one beside it answered first, or was left by the client with it: it says nothing of how the request ended.</summary>
    public bool IsSuperseded => Failure is Superseded || (IsBeaten && (ClientGone || Failure is ClientGone));

    /// <summary>Whether another was asked beside it, and it goes on.</summary>
    public bool WasRaced { get; set; }

    /// <summary>Whether it was one of two, and the other goes on.</summary>
    public bool IsBeaten { get; set; }

    /// <summary>Whether its start is known to be durable: another try goes on under it.</summary>
    public bool StartIsDurable { get; set; }

    /// <summary>When the first try of the request began, monotonic; 0 before.</summary>
    public long TriesBeganTimestamp { get; set; }

    /// <summary>How long this try may take; null: as the provider's row says.</summary>
    public ProviderTimeouts? Timeouts { get; set; }

    /// <summary>Turns to a candidate of the plan: what an earlier one left behind is gone.</summary>
    public void Turn(int index)
    {
        var candidate = Plan!.Candidates[index];
        if (!_knowsServiceTier)
        {
            (_askedServiceTier, _knowsServiceTier) = (Request.ServiceTier, true);
        }

        Request.ServiceTier = _askedServiceTier;
        EndAttempt();
        CandidateIndex = index;
        (Route, Found) = (candidate.Route, candidate.Found);
        (Failure, Sent, UpstreamStatus, UpstreamRequestId, Format, Reader, ResponseNames, Writer) = (null, false, 0, null, null, null, null, null);
        (ResponseBytes, Chunks, IsTold, IsNoted) = (0, 0, false, false);
        (SentTimestamp, DurableTimestamp, UpstreamEndTimestamp) = (0, 0, 0);
        (UnitsMax, UnitsExpected, OutputTokensExpected, OutputTokensMax, ClampedTo) = ([], [], 0, 0, null);
        Dropped.Clear();
        AnswerFacts.Dispose();
        AnswerFacts = new AnswerFacts();
        Capture = null;
    }

    /// <summary>It is answered with what was answered before, of which this is known.</summary>
    public void BeginReplay(AnswerFacts facts)
    {
        AnswerFacts.Dispose();
        AnswerFacts = facts;
        IsReplayed = true;
        if (Wallets.Count == 0)
        {
            // Nothing is held: its line stands in the statements of its path all the same.
            Wallets = Path!.Shares;
        }
    }

    /// <summary>Notes how the try under way ended.</summary>
    public void NoteFailed(ApiFailure failure)
    {
        IsNoted = true;
        FailedAttempts = [.. FailedAttempts, new FailedAttempt(Route!.Provider.Id, Route.Model.Id, failure.Code, UpstreamStatus)];
    }

    /// <summary>Takes down how the one beside it ended.</summary>
    public void FailedBeside(Exchange other) => FailedAttempts = [.. FailedAttempts, other.FailedAttempts[^1]];

    /// <summary>The exchange that goes on for this one: the same request under a name of its own, with money of its own. The limits' claim goes with it.</summary>
    /// <param name="id">Its name.</param>
    public Exchange Fork(ExchangeId id) => new(Context, Call, id, Providers)
    {
        Source = Source,
        Order = Order,
        ResponseIds = ResponseIds,
        RequestId = RequestId,
        Trace = Trace,
        Caller = Caller,
        RateLimits = RateLimits,
        Prices = Prices,
        ArrivedTimestamp = ArrivedTimestamp,
        Arrived = Arrived,
        Request = Request.Copy(),
        Body = Body,
        Plan = Plan,
        PlanHoldNanoUsd = PlanHoldNanoUsd,
        RouteReason = RouteReason,
        LegacyUse = LegacyUse,
        FailedAttempts = FailedAttempts,
        RetryOf = IdText,
        EarlierNanoUsd = EarlierNanoUsd,
        _askedServiceTier = _askedServiceTier,
        _knowsServiceTier = _knowsServiceTier,
        Settings = Settings,
        RouteTrace = RouteTrace,
        Cache = Cache,
        Waits = Waits,
        TriesBeganTimestamp = TriesBeganTimestamp,
        QueuedUs = QueuedUs,
        QueuePosition = QueuePosition,
    };

    /// <summary>From here on the other has the last word, and what was taken of limits.</summary>
    /// <param name="to">A fork of this one.</param>
    /// <param name="chargedNanoUsd">What this one is charged; nano-dollars.</param>
    public void HandOver(Exchange to, long chargedNanoUsd)
    {
        Successor = to;
        to.EarlierNanoUsd = EarlierNanoUsd + chargedNanoUsd;
        if (RateLimits is { } limits)
        {
            to._rateHold.TakeOver(limits.Clock, ref _rateHold);
        }
    }

    /// <summary>Another exchange of the same request has ended beside it, and is charged too.</summary>
    public void AddEarlier(long chargedNanoUsd) => EarlierNanoUsd += chargedNanoUsd;

    /// <summary>What stands of the try under way, for when nothing follows it.</summary>
    public (Route? Route, FoundModel Found, PinnedPrice? Pinned, int UpstreamStatus, bool Sent, int Index) Stand() =>
        (Route, Found, Pinned, UpstreamStatus, Sent, CandidateIndex);

    /// <summary>Nothing follows the try that failed: it is the last one, and has been told and noted.</summary>
    public void StandBy(in (Route? Route, FoundModel Found, PinnedPrice? Pinned, int UpstreamStatus, bool Sent, int Index) stand, ApiFailure failure)
    {
        (Route, Found, Pinned, UpstreamStatus, Sent, CandidateIndex) = stand;
        (Failure, IsTold, IsNoted) = (failure, true, true);
    }

    /// <summary>It is settled and goes no further: its call is ended, and its place is free.</summary>
    public void Retire()
    {
        var isGone = ClientGone;
        EndAttempt();
        ClientGone = isGone;
    }

    /// <summary>Takes the last word back: the fork has not come to anything.</summary>
    public void TakeBack(Exchange from)
    {
        _rateHold = from._rateHold;
        from._rateHold = default;
        Successor = null;
    }

    private bool IsTrue(string header) =>
        Context.Request.Headers.TryGetValue(header, out var asked) && string.Equals(asked, "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Ends what a try has under way.</summary>
    private void EndAttempt()
    {
        Answer?.Dispose();
        Answer = null;
        Rewriting?.Dispose();
        Rewriting = null;
        LeavePlace();
        Watch?.Dispose();
        Watch = null;
    }
}
