using System.Collections.Concurrent;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Facts;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Traffic.Classifying;

/// <summary>Asks a model on an organisation's account.</summary>
/// <param name="caller">Who pays.</param>
/// <param name="model">The model, by a name callers use.</param>
/// <param name="prompt">What it is asked.</param>
/// <param name="maxTokens">Bound on its answer.</param>
/// <param name="cancellation">Nobody waits any more.</param>
/// <returns>The text it answers, or why there is none.</returns>
internal delegate Task<Result<string>> AskModel(Caller caller, string model, string prompt, int maxTokens, CancellationToken cancellation);

/// <summary>
/// Asks a model what a call is, where the organisation wants that and the classifier that ships is unsure (RT-08). Whatever goes wrong, the word of the one that
/// ships stands; after a failure of its provider the model is left alone for a while, so that calls do not wait for one that is down. What is wrong with one
/// caller or one text says nothing of it.
/// </summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class ModelClassifier(
    PartDirectory<StoredClassifier, ClassifierSettings> settings, TimeProvider time, AskModel? ask = null, ILogger<ModelClassifier>? log = null)
{
    /// <summary>How long a model that did not answer is left alone.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, State> _states = new(StringComparer.Ordinal);

    /// <summary>Whether an organisation has a model asked at all.</summary>
    public bool IsOn(string organisationId) => ask is not null && settings.For(organisationId).Enabled;

    /// <summary>What a call is: by the model where it is asked and answers, else as the classifier that ships says.</summary>
    /// <param name="caller">Whose it is, and who pays for the question.</param>
    /// <param name="text">Its words; the user's last turn is what the model is shown.</param>
    /// <param name="embedded">What the classifier that ships says.</param>
    /// <param name="again">Whether the model is asked anew, however sure the one that ships is, though it has said something of this text, and though it was silent lately.</param>
    /// <param name="cancellation">The call has ended.</param>
    public async ValueTask<Classification> ClassifyAsync(
        Caller caller, PromptText text, Classification embedded, bool again, CancellationToken cancellation)
    {
        var organisationId = caller.OrganisationId;
        var own = settings.For(organisationId);
        if (ask is null || !own.Enabled || (!again && embedded.Confidence >= own.MinConfidence))
        {
            return embedded;
        }

        var state = _states.GetOrAdd(organisationId, static (_, time) => new State(new AnswerCache(time)), time);
        var key = AnswerCache.Key(own.Model, Last(text));
        var answer = again ? null : state.Answers.Find(key);
        if (answer is null && (again || time.GetUtcNow() >= state.AskAgainAt))
        {
            answer = await AskAsync(caller, own, text, state, cancellation);
            if (answer is not null)
            {
                state.Answers.Keep(key, answer, TimeSpan.FromSeconds(own.CacheTtlSeconds), own.CacheEntries);
            }
        }

        return answer is null ? embedded : embedded with
        {
            Category = answer.Category,
            Confidence = answer.Confidence,
            Reason = $"{own.Model} says: {answer.Reason}",
            Complexity = answer.Complexity ?? embedded.Complexity,
        };
    }

    private async Task<ModelAnswer?> AskAsync(
        Caller caller, ClassifierSettings own, PromptText text, State state, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            var said = await ask!(caller, own.Model, ModelAnswer.Prompt(Last(text)), ModelAnswer.MaxTokens, stop.Token)
                .WaitAsync(TimeSpan.FromMilliseconds(own.TimeoutMs), time, cancellation);
            if (!said.Failed)
            {
                return ModelAnswer.Parse(said.Value);
            }

            if (IsOfProvider(said.Failure))
            {
                state.AskAgainAt = time.GetUtcNow() + Pause;
            }
        }
        catch (TimeoutException)
        {
            // Safe: the classifier that ships has spoken already; the question is withdrawn, so that nothing is paid for in vain.
            state.AskAgainAt = time.GetUtcNow() + Pause;
            await stop.CancelAsync();
        }
        catch (Exception failure) when (!cancellation.IsCancellationRequested)
        {
            // Safe: likewise. A fault of ours on the way to the model is none of the call it is asked about.
            log?.LogWarning(failure, "A call was classified without the model '{Model}'", own.Model);
        }

        return null;
    }

    /// <summary>Whether whoever asks next would fare the same: it is down, slow, full or does not take our credential.</summary>
    private static bool IsOfProvider(ApiFailure failure) => failure is { Type: "upstream_error", Status: >= 500 } or { Code: "upstream_refused", Status: 429 };

    private static ReadOnlySpan<char> Last(in PromptText text) => text.LastUser.IsEmpty ? text.All.Span : text.LastUser;

    private sealed class State(AnswerCache answers)
    {
        private long _askAgainTicks;

        public AnswerCache Answers { get; } = answers;

        public DateTimeOffset AskAgainAt
        {
            get => new(Volatile.Read(ref _askAgainTicks), TimeSpan.Zero);
            set => Volatile.Write(ref _askAgainTicks, value.UtcTicks);
        }
    }
}
