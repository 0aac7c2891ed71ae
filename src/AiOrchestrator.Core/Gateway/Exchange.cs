using System.Buffers;
using AiOrchestrator.Core.Gateway.Batches;
using AiOrchestrator.Core.Gateway.Caching;
using AiOrchestrator.Core.Gateway.Responses;
using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Gateway.Videos;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Core.Wallets;
using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Core.Gateway;

/// <summary>
/// One request on its way through. Stages fill it from the top down; what one stage has set the later ones may rely on. It pins the
/// configuration it started under.
/// </summary>
internal sealed partial class Exchange(HttpContext context, ModelCall call, ExchangeId id, ProviderSnapshot providers) : IDisposable
{
    private Hold _hold;
    private RateHold _rateHold;
    private byte[]? _buffer;

    // Who and when.
    public HttpContext Context { get; } = context;

    public ModelCall Call { get; } = call;

    public ExchangeId Id { get; } = id;

    public string IdText { get; } = id.ToString();

    public required string RequestId { get; init; }

    public required TraceContext Trace { get; init; }

    public required Caller Caller { get; init; }

    /// <summary>The limits of the caller's organisation; null when it has none (CallerLimits).</summary>
    public OrganisationLimits? RateLimits { get; set; }

    /// <summary>What decides about prices in the caller's organisation.</summary>
    public required PriceBook Prices { get; init; }

    public required long ArrivedTimestamp { get; init; }

    public required DateTimeOffset Arrived { get; init; }

    // What is asked (ReadBody, ParseRequest, ChooseRoute).
    public ReadOnlyMemory<byte> Body { get; private set; }

    public RequestFacts Request { get; private set; } = new();

    public ProviderSnapshot Providers { get; } = providers;

    /// <summary>The job a remix is made of; null for any other call.</summary>
    public VideoJob? Source { get; init; }

    /// <summary>Opens and seals the names of stored responses.</summary>
    public required ResponseIds ResponseIds { get; init; }

    /// <summary>The batch that is to be begun; null for any other call.</summary>
    public BatchOrder? Order { get; init; }

    /// <summary>What is known of the batch that is to be begun, from <see cref="Stages.TakeOrder"/> on.</summary>
    public CallFacts? OrderFacts { get; set; }

    public Route? Route { get; set; }

    /// <summary>Why this one.</summary>
    public string RouteReason { get; set; } = "priority";

    /// <summary>What the name the caller used led to.</summary>
    public FoundModel Found { get; set; }

    /// <summary>What of the call is of an earlier time, as usage events name it; null for nothing.</summary>
    public string? LegacyUse { get; set; }

    /// <summary>What is sent instead of the caller's body, where the provider speaks another wire format; else null.</summary>
    public Rewriting? Rewriting { get; set; }

    /// <summary>The same of a conversation; else null.</summary>
    public Translation? Translation => Rewriting as Translation;

    /// <summary>Members that were left out because the provider refuses them, as they stand in what was to be sent to it.</summary>
    public List<string> Dropped { get; } = [];

    /// <summary>The provider's wire format, where it is not the one every call is checked in; null for OpenAI's on both sides.</summary>
    public ChatFormat? Format { get; set; }

    /// <summary>Reads the answer in that format.</summary>
    public ChatAnswerReader? Reader { get; set; }

    /// <summary>Puts the caller's names of responses into an answer that is relayed; null where it has none.</summary>
    public ResponseNames? ResponseNames { get; set; }

    /// <summary>The price decided for the call, and where it comes from.</summary>
    public PinnedPrice? Pinned { get; set; }

    /// <summary>The price of the ordinary service tier.</summary>
    public ModelPrice? Price => Pinned?.Price;

    /// <summary>What the call is held by: the prices it may be billed at. Only where <see cref="Pinned"/> is.</summary>
    public CallPrices Billing => new(Pinned!.Price, Request.ServiceTier);

    // What it may cost (EstimateCost, HoldMoney).
    public long PromptTokensMax { get; set; }

    public long PromptTokensExpected { get; set; }

    /// <summary>The count by the family's rule, before it is corrected by what providers report.</summary>
    public long PromptTokensCounted { get; set; }

    /// <summary>Whether the prompt is text alone: what is reported of it tells how good the count is.</summary>
    public bool PromptIsText { get; set; }

    /// <summary>Enforced bound on each choice's output.</summary>
    public long OutputTokensMax { get; set; }

    /// <summary>Tokens of all output where the provider reports none and none can be counted: of images and sound.</summary>
    public long OutputTokensExpected { get; set; }

    /// <summary>Units other than tokens the call may use at most.</summary>
    public UnitQuantity[] UnitsMax { get; set; } = [];

    /// <summary>Units it uses as far as can be told; a report takes their place.</summary>
    public UnitQuantity[] UnitsExpected { get; set; } = [];

    /// <summary>The bound the gateway had to set because money was short.</summary>
    public long? ClampedTo { get; set; }

    /// <summary>Nothing is sent, held, charged or recorded.</summary>
    public bool IsDryRun { get; set; }

    public long HoldNanoUsd { get; set; }

    public WalletPath? Path { get; set; }

    /// <summary>The wallets of the path and the periods the hold was taken in.</summary>
    public IReadOnlyList<WalletShare> Wallets { get; set; } = [];

    /// <summary>The id of the leaf's period; null when nothing was held.</summary>
    public string? Period { get; set; }

    /// <summary>The shadow wallet whose limit would have refused the call; or null.</summary>
    public string? ShadowWalletId { get; set; }

    public ref Hold Hold => ref _hold;

    /// <summary>What is taken of limits (CallerLimits).</summary>
    public ref RateHold RateHold => ref _rateHold;

    /// <summary>What it says about waiting for its provider (WaitForProvider).</summary>
    public QueueTerms Waits { get; set; }

    /// <summary>How long it waited in line for its provider, microseconds; 0 when it did not (WaitForProvider).</summary>
    public long QueuedUs { get; set; }

    /// <summary>Where it stood when it joined the line, 1 for the first; 0 when it did not.</summary>
    public int QueuePosition { get; set; }

    /// <summary>What the cache has to do with it; null before it was asked (AskCache).</summary>
    public CacheCall? Cache { get; set; }

    // What happened (CallProvider, relays).
    public bool IsSettled { get; set; }

    public bool Started { get; set; }

    public bool Sent { get; set; }

    /// <summary>The provider's place this call takes, to be freed.</summary>
    public UpstreamClient? Place { get; set; }

    public HttpResponseMessage? Answer { get; set; }

    public CallWatch? Watch { get; set; }

    /// <summary>Writes the answer as the caller's dialect has it, while it is streamed and translated.</summary>
    public ChatStreamWriter? Writer { get; set; }

    public AnswerFacts AnswerFacts { get; private set; } = new();

    /// <summary>Looks at the answer, so that it can be kept; null where it is not to be.</summary>
    public AnswerCapture? Capture { get; set; }

    /// <summary>Whether it is answered with what was answered before: nobody is asked.</summary>
    public bool IsReplayed { get; private set; }

    public int UpstreamStatus { get; set; }

    public string? UpstreamRequestId { get; set; }

    public long ResponseBytes { get; set; }

    public long Chunks { get; set; }

    public bool ClientGone
    {
        get => field || Watch is { ClientGone: true };
        set;
    }

    public ApiFailure? Failure { get; set; }

    // How long it took, as monotonic timestamps.
    public long AskedTimestamp { get; set; }

    public long HeldTimestamp { get; set; }

    public long SentTimestamp { get; set; }

    public long DurableTimestamp { get; set; }

    public long UpstreamEndTimestamp { get; set; }

    /// <summary>Whether the provider answers with an event stream, as a caller who asked for one expects.</summary>
    public bool AnswersWithStream() =>
        Request.Stream && Answer?.Content.Headers.ContentType?.MediaType is "text/event-stream" or "application/vnd.amazon.eventstream";

    /// <summary>Takes a place at a provider, and leaves another one's; true where it has it already, false where all are taken.</summary>
    public bool TakePlace(UpstreamClient client)
    {
        if (ReferenceEquals(Place, client))
        {
            return true;
        }

        LeavePlace();
        Place = client.TryEnter() ? client : null;
        return Place is not null;
    }

    /// <summary>Frees the place it takes, if it takes one.</summary>
    public void LeavePlace()
    {
        Place?.Leave();
        Place = null;
    }

    /// <summary>Takes another pooled buffer in the place of the body, which is to be read again.</summary>
    public void Reread(byte[] buffer, int length)
    {
        if (_buffer is { } before)
        {
            ArrayPool<byte>.Shared.Return(before);
        }

        SetBody(buffer, length);
        Request = new RequestFacts { PreviousUpstreamJson = Request.PreviousUpstreamJson };
    }

    /// <summary>Takes a pooled buffer as the body.</summary>
    public void SetBody(byte[] buffer, int length)
    {
        _buffer = buffer;
        Body = buffer.AsMemory(0, length);
    }

    /// <summary>Ends the upstream call, if it is still on, and gives the body's buffer back.</summary>
    public void Dispose()
    {
        Successor?.Dispose();
        Beside?.Dispose();
        EndAttempt();
        AnswerFacts.Dispose();
        if (_buffer is { } buffer)
        {
            _buffer = null;
            Body = default;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
