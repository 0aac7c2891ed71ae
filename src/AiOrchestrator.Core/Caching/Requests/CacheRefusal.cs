namespace AiOrchestrator.Core.Caching.Requests;

/// <summary>Why a call is not answered from the cache nor its answer kept; of several the first.</summary>
internal enum CacheRefusal
{
    /// <summary>Nothing speaks against it.</summary>
    None,

    /// <summary>The caller says so.</summary>
    Asked,

    /// <summary>The policy says so.</summary>
    Off,

    /// <summary>It is a call of another kind: for images or sound, a job, a batch.</summary>
    Kind,

    /// <summary>It goes on with what lies at the provider, or is to be kept there.</summary>
    Stored,

    /// <summary>It names what lies elsewhere and may change: a file, an address.</summary>
    Outside,

    /// <summary>The provider itself searches or runs tools.</summary>
    HostedTools,

    /// <summary>It asks for what an answer that is given again cannot hold: probabilities, sound.</summary>
    Extras,

    /// <summary>It offers functions, and the policy does not have that.</summary>
    Tools,

    /// <summary>It may vary more than the policy has it.</summary>
    Temperature,
}

/// <summary>The words for it.</summary>
internal static class CacheRefusals
{
    /// <summary>As usage events and <c>x-cache-reason</c> have it; null for none.</summary>
    public static string? Word(this CacheRefusal refusal) => refusal switch
    {
        CacheRefusal.None => null,
        CacheRefusal.Asked => "asked",
        CacheRefusal.Off => "off",
        CacheRefusal.Kind => "kind",
        CacheRefusal.Stored => "stored",
        CacheRefusal.Outside => "outside",
        CacheRefusal.HostedTools => "hosted_tools",
        CacheRefusal.Extras => "extras",
        CacheRefusal.Tools => "tools",
        _ => "temperature",
    };
}
