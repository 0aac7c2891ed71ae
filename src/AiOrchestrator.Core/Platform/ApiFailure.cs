using System.Text.Json;

namespace AiOrchestrator.Core.Platform;

/// <summary>
/// An expected failure, as a value. Each area declares its own in XErrors.cs; they are mapped to the caller's dialect once
/// (<see cref="ErrorWriter"/>). Codes are stable and listed in docs/operations/errors.md, which a test compares with the code.
/// </summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Type">The envelope's <c>type</c>, in OpenAI's terms.</param>
/// <param name="Code">The envelope's <c>code</c>: stable, snake case.</param>
/// <param name="Message">What is wrong and what to change, for a person. Never holds a secret or what the caller's prompt says.</param>
public abstract record ApiFailure(int Status, string Type, string Code, string Message)
{
    /// <summary>The request member that is at fault, as a path (<c>messages[0].content</c>), or null.</summary>
    public string? Param { get; init; }

    /// <summary>When a retry may differ, whole seconds from now; null sends no <c>retry-after</c>.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>False tells official clients not to repeat the call (<c>x-should-retry: false</c>).</summary>
    public bool MayRetry { get; init; } = true;

    /// <summary>A ready-made envelope that is relayed as it is, instead of one made from this record; null makes one.</summary>
    public virtual ReadOnlyMemory<byte>? Verbatim => null;

    /// <summary>Whether <see cref="WriteMetadata"/> writes anything.</summary>
    public virtual bool HasMetadata => false;

    /// <summary>Writes the members of the envelope's <c>metadata</c> object, whose braces the caller writes.</summary>
    public virtual void WriteMetadata(Utf8JsonWriter writer)
    {
    }
}
