using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Classifying;

/// <summary>The organisation has said nothing of its classifier.</summary>
public sealed record ClassifierNotSet() : ApiFailure(
    404, "invalid_request_error", "classifier_not_set", "Nothing was said of the classifier, so there is nothing to delete: only the one that ships is asked.");
