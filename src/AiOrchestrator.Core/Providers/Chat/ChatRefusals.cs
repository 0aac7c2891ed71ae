using System.Text.Json;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Providers.Chat;

/// <summary>What a wire format with one answer for each request and no probabilities cannot say.</summary>
internal static class ChatRefusals
{
    /// <summary>Members that would change what comes back in a way nothing here can stand in for.</summary>
    private static readonly string[] Inexpressible = ["audio", "prediction", "web_search_options"];

    /// <summary>What of a request cannot be said; null where all can be said or left out.</summary>
    public static UnsupportedParameter? Of(ChatRequest request)
    {
        if (request.Choices > 1)
        {
            return Cannot("n", "one answer for each request");
        }

        if (request.Logprobs)
        {
            return Cannot("logprobs", "no probabilities");
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
}
