using System.Text.Json;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Chat;

/// <summary>What a wire format without probabilities, and mostly with one answer for each request, cannot say.</summary>
internal static class ChatRefusals
{
    /// <summary>Members that would change what comes back in a way nothing here can stand in for.</summary>
    private static readonly string[] Inexpressible = ["audio", "prediction", "web_search_options"];

    /// <summary>What of a request cannot be said; null where all can be said or left out.</summary>
    /// <param name="request">What the caller asks.</param>
    /// <param name="hasChoices">Whether the format has several answers for a request.</param>
    public static UnsupportedParameter? Of(ChatRequest request, bool hasChoices = false)
    {
        if (request.Choices > 1 && !hasChoices)
        {
            return Cannot("n", "one answer for each request");
        }

        if (request.Logprobs)
        {
            return Cannot("logprobs", "no probabilities that could be told here");
        }

        foreach (var (name, value) in request.Others)
        {
            if (Array.IndexOf(Inexpressible, name) >= 0
                || (name == "modalities" && value.ValueKind == JsonValueKind.Array && value.EnumerateArray().Any(static m => !m.ValueEquals("text"u8))))
            {
                return Cannot(name, "no counterpart of it");
            }
        }

        return null;
    }

    /// <summary>A member that cannot be said.</summary>
    /// <param name="param">The member of the caller's body.</param>
    /// <param name="has">What the format has instead.</param>
    public static UnsupportedParameter Cannot(string param, string has) =>
        new(param, $"'{param}' cannot be served by this model: its provider's wire format has {has}.");

    /// <summary>Notes a member that is left out, if it is there.</summary>
    public static void Drop(JsonElement? value, string name, List<string> dropped)
    {
        if (value is not null)
        {
            dropped.Add(name);
        }
    }

    /// <summary>Notes what turns say that has no place in the format and changes nothing of the meaning.</summary>
    /// <param name="request">What the caller asks.</param>
    /// <param name="dropped">Takes the names.</param>
    /// <param name="hasDetail">Whether it can be told how closely an image is to be looked at.</param>
    public static void DropOfTurns(ChatRequest request, List<string> dropped, bool hasDetail = false)
    {
        foreach (var turn in request.Turns)
        {
            // The name of a function's result stands for the call it answers.
            Drop(turn.Role == ChatRole.Tool ? null : turn.Name, $"{turn.Path}.name", dropped);
            for (var i = 0; i < turn.Parts.Count && !hasDetail; i++)
            {
                Drop((turn.Parts[i] as ImagePart)?.Detail, $"{turn.PathOf(i)}.detail", dropped);
            }
        }
    }

    /// <summary>Notes a service tier other than the ordinary ones, which the format has no words for.</summary>
    public static void DropTier(ChatRequest request, List<string> dropped)
    {
        if (request.ServiceTier is { } tier && !tier.ValueEquals("auto"u8) && !tier.ValueEquals("default"u8))
        {
            dropped.Add("service_tier");
        }
    }
}
