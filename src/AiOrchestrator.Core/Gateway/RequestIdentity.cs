using System.Buffers;

namespace AiOrchestrator.Core.Gateway;

/// <summary>What every request has from its first moment: its label and when it arrived.</summary>
/// <param name="RequestId">The caller's valid <c>x-request-id</c>, or a new one.</param>
/// <param name="ArrivedTimestamp">Monotonic.</param>
internal sealed record RequestIdentity(string RequestId, long ArrivedTimestamp)
{
    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/+=");

    /// <summary>Valid: 1 to 128 of the characters that survive every log, header and query string.</summary>
    public static bool IsValid(string? requestId) =>
        requestId is { Length: >= 1 and <= 128 }
        && !requestId.AsSpan().ContainsAnyExcept(Allowed);
}
