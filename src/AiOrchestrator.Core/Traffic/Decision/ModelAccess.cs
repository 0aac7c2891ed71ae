using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Registry;

namespace AiOrchestrator.Core.Traffic.Decision;

/// <summary>Whether a key may call what a name leads to.</summary>
internal static class ModelAccess
{
    /// <summary>
    /// Null where it may. What a key's list names is what may serve it: money and data go where the administrator said, whatever has ended meanwhile. Another
    /// name for a model may stand in the list instead of its id. What a key may not call it need not learn about.
    /// </summary>
    public static ApiFailure? Check(ApiKey key, in FoundModel found)
    {
        var mayAsk = key.AllowsModel(found.Name) || (found.Asked is { } asked && key.AllowsModel(asked.Id));
        if (found.Serving is not { } serving)
        {
            return !mayAsk ? ModelNotAllowed.Instance
                : found.Asked is { } dead ? new ModelRetired(dead.Id, dead.Life.RetiredUnixMs)
                : new ModelNotFound(found.Name);
        }

        return !found.IsReplaced ? mayAsk ? null : ModelNotAllowed.Instance
            : key.AllowsModel(serving.Id) ? null
            : mayAsk ? new ReplacementNotAllowed(found.Asked!.Id, serving.Id, found.Asked.Life.RetiredUnixMs)
            : ModelNotAllowed.Instance;
    }
}
