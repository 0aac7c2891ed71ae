using System.Globalization;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Registry;
using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// Tells a caller what of its call is of an earlier time, in headers: a model that has ended or will, and shapes of requests that others replaced
/// (<c>Deprecation</c> is RFC 9745's, <c>Sunset</c> RFC 8594's). A call that uses none of it costs nothing here.
/// </summary>
internal static class ModelNotices
{
    /// <summary>Since OpenAI calls its completions legacy (https://platform.openai.com/docs/deprecations, 2023-07-06).</summary>
    private const long CompletionsUnixMs = 1_688_601_600_000;

    /// <summary>Since tools took the place of functions (https://platform.openai.com/docs/changelog, 2023-11-06).</summary>
    private const long FunctionsUnixMs = 1_699_228_800_000;

    /// <summary>Since <c>max_completion_tokens</c> took the place of <c>max_tokens</c> (likewise, 2024-09-12).</summary>
    private const long MaxTokensUnixMs = 1_726_099_200_000;

    private const long DayMs = 86_400_000;

    /// <summary>Writes the headers and notes what usage events say of it, once the route is chosen.</summary>
    public static void Write(Exchange exchange, long unixMs)
    {
        var uses = new List(exchange, unixMs);
        AddModel(exchange, unixMs, ref uses);
        var (request, call) = (exchange.Request, exchange.Call);
        if (call.Traits().Path == "completions")
        {
            uses.Add("completions", "chat/completions", CompletionsUnixMs);
        }

        if (call != ModelCall.ChatCompletions)
        {
            uses.Write();
            return;
        }

        if (request.FunctionsRange.IsPresent)
        {
            uses.Add("functions", "tools", FunctionsUnixMs);
        }

        if (request.MaxTokens is not null && request.MaxCompletionTokens is null && exchange.Route!.Model.OutputLimitMember == "max_completion_tokens"
            && !exchange.Settings.Contains("max_tokens"))
        {
            // What a rule sets is not the caller's to mend.
            uses.Add("max_tokens", "max_completion_tokens", MaxTokensUnixMs);
        }

        uses.Write();
    }

    private static void AddModel(Exchange exchange, long unixMs, ref List uses)
    {
        var found = exchange.Found;
        if (found.Serving is not { } serving)
        {
            return;
        }

        var headers = exchange.Context.Response.Headers;
        if (found.IsReplaced)
        {
            headers["x-model-replaced"] = $"{found.Name} -> {serving.Id}";
            uses.Add("model:" + found.Name, serving.Id, found.Asked!.Life.DeprecatedUnixMs);
        }
        else if (found.By == FoundBy.Alias && serving.Own?.Aliases.Contains(found.Name) != true)
        {
            // An id of the vendor's that is not this model's any more; what the organisation calls it is no matter of age.
            uses.Add("model:" + found.Name, serving.Id, 0);
        }

        if (serving.Life.StatusAt(unixMs) == LifecycleStatus.Dying)
        {
            var instead = exchange.Providers.Models.SuggestionAt(serving, unixMs);
            WriteDying(headers, serving, instead, unixMs);
            if (found.By == FoundBy.Id || (found.By == FoundBy.Alias && serving.Own?.Aliases.Contains(found.Name) == true))
            {
                uses.Add("model:" + found.Name, instead?.Id, serving.Life.DeprecatedUnixMs);
            }
        }
    }

    private static void WriteDying(IHeaderDictionary headers, KnownModel model, KnownModel? instead, long unixMs)
    {
        var life = model.Life;
        var since = life.DeprecatedUnixMs > 0 ? $" since {ModelDays.Of(life.DeprecatedUnixMs)}" : "";
        var end = "its end is not known yet";
        if (life.DaysLeft(unixMs) is { } days)
        {
            end = string.Create(CultureInfo.InvariantCulture, $"it ends on {ModelDays.Of(life.RetiredUnixMs)}, days left: {days}");
            headers["x-model-days-left"] = days.ToString(CultureInfo.InvariantCulture);
            headers["Sunset"] = DateTimeOffset.FromUnixTimeMilliseconds(life.RetiredUnixMs).ToString("R", CultureInfo.InvariantCulture);
        }

        var use = instead is null ? "nothing takes its place yet" : $"use '{instead.Id}'";
        headers["x-model-warning"] = $"'{model.Id}' is deprecated{since}; {end}; {use}";
        if (instead is not null)
        {
            headers["x-model-replacement"] = instead.Id;
        }
    }

    /// <summary>What was found; made of texts only where there is something.</summary>
    private ref struct List(Exchange exchange, long unixMs)
    {
        private string? _words;
        private string? _shown;
        private long _sinceUnixMs = long.MaxValue;

        public void Add(string word, string? instead, long sinceUnixMs)
        {
            var shown = instead is null ? word : $"{word} (use {instead})";
            (_words, _shown) = _words is null ? (word, shown) : ($"{_words} {word}", $"{_shown}, {shown}");

            // Of what nobody knows the day of: it is so today at the latest.
            _sinceUnixMs = Math.Min(_sinceUnixMs, sinceUnixMs is 0 or Lifecycle.Never ? unixMs - (unixMs % DayMs) : sinceUnixMs);
        }

        public readonly void Write()
        {
            if (_words is null)
            {
                return;
            }

            var headers = exchange.Context.Response.Headers;
            headers["Deprecation"] = string.Create(CultureInfo.InvariantCulture, $"@{_sinceUnixMs / 1000}");
            headers["x-ao-deprecated"] = _shown;
            exchange.LegacyUse = _words;
        }
    }
}
