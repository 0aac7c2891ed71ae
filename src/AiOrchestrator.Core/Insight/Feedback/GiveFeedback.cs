using System.Text.Json;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Insight.Feedback;

/// <summary>
/// Takes down what somebody thought of an answer: of a call the same key made. A call is recorded when it has ended, and known to queries a moment later;
/// what is said of it before waits, at most half an hour.
/// </summary>
internal sealed class GiveFeedback(IUsageStore usage, FeedbackBook book, TimeProvider time)
{
    /// <summary>How long after its arrival a call may still become known.</summary>
    public const long WaitMs = 30 * 60_000;

    private const int MaxCommentLength = 2000;
    private const int MaxLabels = 10;
    private const int MaxLabelLength = 64;

    /// <summary>Another instance's clock may be ahead by so much.</summary>
    private const long SkewMs = 60_000;

    private const double PerThousand = 1000;

    private static readonly string[] Ways = ["score", "rating", "thumbs"];

    /// <summary>Takes it down.</summary>
    /// <param name="caller">Who says it, with an API key.</param>
    /// <param name="body">What they say.</param>
    /// <param name="cancellation">They have gone.</param>
    public async Task<Result<StoredFeedback>> ExecuteAsync(Caller caller, MemberReader body, CancellationToken cancellation)
    {
        var isId = ExchangeId.TryParse(body.Text("exchange_id", 64, required: true) ?? "", out var exchange);
        if (!isId && !body.HasProblems)
        {
            body.Problem("exchange_id", "must be the id of a call, as x-ao-exchange-id says it");
        }

        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var said = new StoredFeedback(exchange.ToString(), caller.Key!.Id, caller.OrganisationId, ReadScore(body), now)
        {
            Comment = ReadComment(body),
            Labels = body.Texts("labels", MaxLabels, MaxLabelLength),
        };
        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        var call = await usage.GetAsync(caller.OrganisationId, exchange, cancellation);
        if (call is null ? exchange.CreatedUnixMs < now - WaitMs || exchange.CreatedUnixMs > now + SkewMs : call.KeyId != said.KeyId)
        {
            return new UsageNotFound();
        }

        if (call is null && await book.IsFullAsync(said, cancellation))
        {
            return new FeedbackQueueFull();
        }

        said = call is null ? said : said.About(call);
        return await book.PutAsync(said, cancellation) ? said : new ConcurrentChange();
    }

    private static int ReadScore(MemberReader body)
    {
        if (Ways.Count(body.Has) != 1)
        {
            body.Problem("score", "or rating or thumbs must be given, one of the three");
            return 0;
        }

        if (body.Raw("score") is { } score)
        {
            if (score.ValueKind == JsonValueKind.Number && score.TryGetDouble(out var number) && number is >= -1 and <= 1)
            {
                return (int)Math.Round(number * PerThousand);
            }

            body.Problem("score", "must be a number from -1 to 1");
            return 0;
        }

        if (body.Has("rating"))
        {
            if (body.Whole("rating", 1, 5) is not { } rating)
            {
                body.Problem("rating", "must be 1 to 5");
                return 0;
            }

            return ((int)rating - 3) * 500;
        }

        switch (body.Text("thumbs", 8))
        {
            case "up":
                return 1000;
            case "down":
                return -1000;
            default:
                body.Problem("thumbs", "must be up or down");
                return 0;
        }
    }

    /// <summary>People write in lines.</summary>
    private static string? ReadComment(MemberReader body)
    {
        if (body.Raw("comment") is not { } raw)
        {
            return null;
        }

        if (raw.ValueKind == JsonValueKind.String && raw.GetString() is { Length: > 0 and <= MaxCommentLength } text
            && text.All(static c => !char.IsControl(c) || c is '\n' or '\r' or '\t'))
        {
            return text;
        }

        body.Problem("comment", "must be 1 to 2000 characters, without control characters other than line feeds and tabs");
        return null;
    }
}
