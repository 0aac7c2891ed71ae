using System.Text.Json;

namespace AiOrchestrator.Core.Caching.Requests;

/// <summary>The members of a request's body that are looked at.</summary>
internal enum RequestMember
{
    /// <summary>Determines the answer, and nothing else is to be known of it.</summary>
    Other,

    /// <summary>Does not determine the answer.</summary>
    NotShown,

    /// <summary><c>temperature</c>.</summary>
    Temperature,

    /// <summary><c>seed</c>.</summary>
    Seed,

    /// <summary><c>store</c>.</summary>
    Store,

    /// <summary><c>n</c>.</summary>
    Choices,

    /// <summary><c>max_completion_tokens</c>, which is <c>max_tokens</c> by another name.</summary>
    MaxCompletionTokens,

    /// <summary><c>tools</c> and <c>functions</c>.</summary>
    Tools,

    /// <summary><c>modalities</c>.</summary>
    Modalities,

    /// <summary><c>prompt</c>: of responses a template that lies at the provider.</summary>
    Prompt,

    /// <summary>Asks for what an answer that is given again does not hold.</summary>
    Extras,

    /// <summary>Goes on with what lies at the provider.</summary>
    Continues,

    /// <summary>Has the provider work.</summary>
    HostedTools,
}

/// <summary>Which member a name is.</summary>
internal static class RequestMembers
{
    /// <summary>By the name a reader stands on.</summary>
    public static RequestMember Of(ref Utf8JsonReader name)
    {
        foreach (var (text, member) in Table)
        {
            if (name.ValueSpan.Length >= text.Length && name.ValueTextEquals(text))
            {
                return member;
            }
        }

        return RequestMember.Other;
    }

    private static readonly (byte[] Name, RequestMember Member)[] Table =
    [
        // The model is told apart by what was decided of it; the others say how an answer is told, to whom, by when, and who pays.
        ("model"u8.ToArray(), RequestMember.NotShown),
        ("stream"u8.ToArray(), RequestMember.NotShown),
        ("stream_options"u8.ToArray(), RequestMember.NotShown),
        ("user"u8.ToArray(), RequestMember.NotShown),
        ("metadata"u8.ToArray(), RequestMember.NotShown),
        ("safety_identifier"u8.ToArray(), RequestMember.NotShown),
        ("prompt_cache_key"u8.ToArray(), RequestMember.NotShown),
        ("prompt_cache_retention"u8.ToArray(), RequestMember.NotShown),
        ("service_tier"u8.ToArray(), RequestMember.NotShown),
        ("temperature"u8.ToArray(), RequestMember.Temperature),
        ("seed"u8.ToArray(), RequestMember.Seed),
        ("store"u8.ToArray(), RequestMember.Store),
        ("n"u8.ToArray(), RequestMember.Choices),
        ("max_completion_tokens"u8.ToArray(), RequestMember.MaxCompletionTokens),
        ("tools"u8.ToArray(), RequestMember.Tools),
        ("functions"u8.ToArray(), RequestMember.Tools),
        ("modalities"u8.ToArray(), RequestMember.Modalities),
        ("prompt"u8.ToArray(), RequestMember.Prompt),
        ("logprobs"u8.ToArray(), RequestMember.Extras),
        ("top_logprobs"u8.ToArray(), RequestMember.Extras),
        ("audio"u8.ToArray(), RequestMember.Extras),
        ("include"u8.ToArray(), RequestMember.Extras),
        ("echo"u8.ToArray(), RequestMember.Extras),
        ("previous_response_id"u8.ToArray(), RequestMember.Continues),
        ("conversation"u8.ToArray(), RequestMember.Continues),
        ("background"u8.ToArray(), RequestMember.Continues),
        ("web_search_options"u8.ToArray(), RequestMember.HostedTools),
    ];
}
