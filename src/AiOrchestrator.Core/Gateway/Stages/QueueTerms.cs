using System.Globalization;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Core.Traffic.Queueing;
using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>What a call says about waiting for its provider.</summary>
/// <param name="MaxWaitMs">How long it would wait, 1 to 300000; null where it would not.</param>
/// <param name="Priority">How soon it is to be served if it waits.</param>
internal readonly record struct QueueTerms(int? MaxWaitMs, CallPriority Priority)
{
    private const string WaitHeader = "x-max-wait-ms";
    private const string PriorityHeader = "x-priority";
    private const int LongestWaitMs = 300_000;

    /// <summary>Reads the headers; null, or what is wrong with them.</summary>
    public static ApiFailure? Read(IHeaderDictionary headers, Role role, PriorityRule rule, out QueueTerms terms)
    {
        terms = new QueueTerms(null, CallPriority.Normal);
        if (headers.TryGetValue(WaitHeader, out var wait))
        {
            if (!int.TryParse((string?)wait, NumberStyles.None, CultureInfo.InvariantCulture, out var ms) || ms is < 1 or > LongestWaitMs)
            {
                return new InvalidParameter(WaitHeader, $"'{WaitHeader}' must be a whole number of milliseconds from 1 to 300000.");
            }

            terms = terms with { MaxWaitMs = ms };
        }

        return headers.TryGetValue(PriorityHeader, out var priority) ? ReadPriority(priority, role, rule, ref terms) : null;
    }

    private static ApiFailure? ReadPriority(string? word, Role role, PriorityRule rule, ref QueueTerms terms)
    {
        CallPriority? priority = word switch
        {
            "high" => CallPriority.High,
            "normal" => CallPriority.Normal,
            "low" => CallPriority.Low,
            _ => null,
        };
        if (priority is not { } known)
        {
            return new InvalidParameter(PriorityHeader, $"'{PriorityHeader}' must be low, normal or high.");
        }

        if (known == CallPriority.High && rule == PriorityRule.Roles && role == Role.Member)
        {
            return new PriorityNotAllowed();
        }

        terms = terms with { Priority = known };
        return null;
    }
}
