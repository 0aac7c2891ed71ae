using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway.Responses;

/// <summary>The caller's key has no such response, or it is gone.</summary>
public sealed record ResponseNotFound : ApiFailure
{
    private const int MostToldLength = 128;

    /// <summary>Names it, cut short where it is long.</summary>
    public ResponseNotFound(string id)
        : base(404, "invalid_request_error", "response_not_found",
            $"Response with id '{Told(id)}' not found. It can be had where the provider itself stores responses, by the key that asked for it.")
    {
    }

    /// <summary>An id as it is repeated to whoever sent it.</summary>
    internal static string Told(string id) => id.Length <= MostToldLength ? id : id[..MostToldLength] + "…";
}

/// <summary>What is to be gone on with is none of the caller's, or gone. Worded as OpenAI does, whose clients know the code.</summary>
public sealed record PreviousResponseNotFound : ApiFailure
{
    /// <summary>Names it.</summary>
    public PreviousResponseNotFound(string id)
        : base(400, "invalid_request_error", "previous_response_not_found", $"Previous response with id '{ResponseNotFound.Told(id)}' not found.") =>
        Param = "previous_response_id";
}

/// <summary>What is to be gone on with lies at another provider than those of the model.</summary>
public sealed record PreviousResponseElsewhere : ApiFailure
{
    /// <summary>Names both.</summary>
    public PreviousResponseElsewhere(string provider, string model)
        : base(400, "invalid_request_error", "previous_response_elsewhere",
            $"The previous response lies at the provider '{provider}', which does not serve '{model}' here: name a model of that provider, or send the whole conversation as 'input'.") =>
        Param = "previous_response_id";
}

/// <summary>The row of the provider where a response lies is gone.</summary>
public sealed record ResponseProviderGone : ApiFailure
{
    /// <summary>Names it.</summary>
    public ResponseProviderGone(string provider)
        : base(503, "server_error", "response_provider_gone", $"The response lies at the provider '{provider}', which is not served here any more. An administrator may bring it back.") =>
        MayRetry = false;
}
