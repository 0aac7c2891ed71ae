using static AiOrchestrator.Core.Metering.Extraction.UsageField;

namespace AiOrchestrator.Core.Metering.Extraction;

/// <summary>
/// Makes of the counts of a format a usage in one meaning: totals gross, everything else a part of them. Where a report contradicts itself the
/// dearer reading stands and the contradiction is flagged.
/// </summary>
internal static class UsageBuilder
{
    /// <summary>The usage so far.</summary>
    /// <param name="counts">What was read.</param>
    /// <param name="format">How it was written.</param>
    public static ReportedUsage Build(in UsageCounts counts, UsageFormat format)
    {
        var anomaly = counts.Anomaly;
        if (!counts.Any)
        {
            return new ReportedUsage(default, false, false, anomaly == UsageAnomaly.None ? UsageAnomaly.Missing : anomaly);
        }

        var units = Units(counts);
        var totals = Totals(counts, format);
        var tokens = Tokens(counts, format, totals, ref anomaly);
        if (units is null && tokens.PromptTokens == 0 && format != UsageFormat.OpenAiImages)
        {
            anomaly = anomaly.And(UsageAnomaly.ZeroPrompt);
        }

        return new ReportedUsage(tokens, totals.HasPrompt, totals.HasCompletion, anomaly) { Units = units };
    }

    private static (long Prompt, long Completion, bool HasPrompt, bool HasCompletion) Totals(in UsageCounts counts, UsageFormat format)
    {
        var prompt = counts[Prompt];
        var completion = counts[Completion];
        var hasPrompt = counts.Has(Prompt);
        var hasCompletion = counts.Has(Completion);
        switch (format)
        {
            case UsageFormat.Anthropic:
                prompt += counts[CacheRead] + Writes(counts) + counts[SidePrompt] + counts[SideCacheRead] + counts[SideCacheWrite];
                completion += counts[SideCompletion];
                break;
            case UsageFormat.Bedrock:
                prompt += counts[CacheRead] + counts[CacheWrite];
                break;
            case UsageFormat.Gemini:
                // A chunk may tell of thoughts before it tells of candidates, and an answer may have no candidates at all.
                prompt += counts[ToolPrompt];
                completion += counts[Reasoning];
                hasCompletion |= counts.Has(Reasoning);
                break;
            case UsageFormat.Cohere:
                // Chats are billed by billed_units; one that lacks them, by what was counted.
                prompt = hasPrompt ? prompt : counts[FallbackPrompt];
                completion = hasCompletion ? completion : counts[FallbackCompletion];
                hasPrompt |= counts.Has(FallbackPrompt);
                hasCompletion |= counts.Has(FallbackCompletion);
                break;
            case UsageFormat.Rerank:
                prompt = hasPrompt ? prompt : counts[FallbackPrompt];
                hasPrompt |= counts.Has(FallbackPrompt);
                break;
            case UsageFormat.Perplexity:
                completion += counts[Reasoning] + counts[Citation];
                break;
            case UsageFormat.XAi:
                completion += Beside(counts, prompt, completion);
                break;
            default:
                break;
        }

        (prompt, completion) = Dearer(counts, format, prompt, completion, hasPrompt, hasCompletion);

        // Gemini's compatible endpoint leaves its thinking out of completion_tokens and bills it.
        completion = format == UsageFormat.Perplexity ? completion : Math.Max(completion, hasPrompt ? counts[Total] - prompt : 0);
        return (Math.Min(prompt, TokenUsage.MaxTokens), Math.Min(completion, TokenUsage.MaxTokens), hasPrompt, hasCompletion || counts[Total] > prompt);
    }

    /// <summary>
    /// A part above its total is not in it: some proxies leave what the cache gave out of a total that is said to be gross. Read so, it is not cut to the
    /// total, and does not give all of it a discount.
    /// </summary>
    private static (long Prompt, long Completion) Dearer(
        in UsageCounts counts, UsageFormat format, long prompt, long completion, bool hasPrompt, bool hasCompletion)
    {
        var cached = CacheReads(counts, format) + counts[SideCacheRead] + Writes(counts) + counts[SideCacheWrite];
        var heard = Math.Max(counts[AudioPrompt], Math.Max(counts[ImagePrompt], counts[VideoPrompt]));
        var spoken = Math.Max(counts[Reasoning], Math.Max(counts[AudioCompletion], counts[ImageCompletion]));
        return (
            !hasPrompt ? prompt : cached > prompt ? prompt + cached : heard > prompt ? prompt + heard : prompt,
            hasCompletion && spoken > completion ? completion + spoken : completion);
    }

    /// <summary>Reasoning that stands beside the completion: where the total says it is within, it is.</summary>
    private static long Beside(in UsageCounts counts, long prompt, long completion) =>
        counts.Has(Total) && counts[Total] == prompt + completion ? 0 : counts[Reasoning];

    private static TokenUsage Tokens(
        in UsageCounts counts,
        UsageFormat format,
        (long Prompt, long Completion, bool HasPrompt, bool HasCompletion) totals,
        ref UsageAnomaly anomaly)
    {
        var read = CacheReads(counts, format) + counts[SideCacheRead];
        var writes = Writes(counts) + counts[SideCacheWrite];
        var tokens = new TokenUsage(
            totals.Prompt,
            totals.Completion,
            read,
            counts[AudioPrompt],
            counts[Reasoning],
            counts[AudioCompletion],
            counts[Accepted],
            counts[Rejected])
        {
            CacheWritePromptTokens = writes,
            CacheWrite1hPromptTokens = counts[CacheWrite1h] + counts[SideCacheWrite1h],
            ImagePromptTokens = counts[ImagePrompt],
            VideoPromptTokens = counts[VideoPrompt],
            CachedAudioPromptTokens = counts[CachedAudio],
            CachedImagePromptTokens = counts[CachedImage],
            ImageCompletionTokens = Pictures(counts, format, totals.Completion),
            VideoCompletionTokens = counts[VideoCompletion],
            CitationTokens = counts[Citation],
        };
        if (Contradicts(counts, format, totals, read, writes))
        {
            anomaly = anomaly.And(UsageAnomaly.Inconsistent);
        }

        return tokens;
    }

    private static bool Contradicts(
        in UsageCounts counts,
        UsageFormat format,
        (long Prompt, long Completion, bool HasPrompt, bool HasCompletion) totals,
        long read,
        long writes)
    {
        // Without a total its parts cannot be above it; a total of 0 is how some say that they do not know. The formats whose totals are sums have them above all parts.
        var isGross = format is not (UsageFormat.Anthropic or UsageFormat.Bedrock);
        var prompt = isGross && totals.HasPrompt && Math.Max(read + writes, Math.Max(counts[AudioPrompt], counts[ImagePrompt])) > counts[Prompt] + counts[ToolPrompt];
        var completion = isGross && counts.Has(Completion) && format is not (UsageFormat.Gemini or UsageFormat.Perplexity or UsageFormat.XAi)
            && Math.Max(counts[Reasoning], counts[AudioCompletion]) > counts[Completion];
        var sum = counts[Total] > 0 && format is not (UsageFormat.Anthropic or UsageFormat.Perplexity)
            && totals.HasPrompt && counts[Total] < totals.Prompt + totals.Completion;
        return prompt || completion || sum;
    }

    // Cohere counts what its cache gave among what it read, not among what it bills.
    private static long CacheReads(in UsageCounts counts, UsageFormat format) =>
        format == UsageFormat.Cohere && counts.Has(Prompt) ? 0 : counts.Has(CacheRead) ? counts[CacheRead] : counts[CacheReadToo];

    private static long Writes(in UsageCounts counts) =>
        counts.Has(CacheWrite) ? counts[CacheWrite] : counts[CacheWrite5m] + counts[CacheWrite1h];

    private static long Pictures(in UsageCounts counts, UsageFormat format, long completion) =>
        format == UsageFormat.OpenAiImages && !counts.Has(ImageCompletion) ? Math.Max(0, completion - counts[TextCompletion]) : counts[ImageCompletion];

    private static List<UnitQuantity>? Units(in UsageCounts counts)
    {
        List<UnitQuantity>? units = null;
        Unit(ref units, PriceUnit.WebSearch, 1000 * counts[WebSearches]);
        Unit(ref units, PriceUnit.FileSearch, 1000 * counts[FileSearches]);
        Unit(ref units, PriceUnit.Page, 1000 * counts[Pages]);
        Unit(ref units, PriceUnit.AudioSecond, counts[AudioMilliseconds]);
        return units;
    }

    private static void Unit(ref List<UnitQuantity>? units, PriceUnit unit, long quantityMilli)
    {
        if (quantityMilli > 0)
        {
            (units ??= []).Add(new UnitQuantity(unit, null, quantityMilli));
        }
    }
}
