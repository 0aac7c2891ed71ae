using System.Diagnostics.CodeAnalysis;

namespace AiOrchestrator.Core.Platform;

/// <summary>What a use case gives back: a value, or the expected failure that took its place. Never both.</summary>
/// <typeparam name="T">The value.</typeparam>
public readonly record struct Result<T>
    where T : class
{
    private Result(T? value, ApiFailure? failure)
    {
        Value = value;
        Failure = failure;
    }

    /// <summary>The value; null when it failed.</summary>
    public T? Value { get; }

    /// <summary>The failure; null when it went well.</summary>
    public ApiFailure? Failure { get; }

    /// <summary>Which of the two it is.</summary>
    [MemberNotNullWhen(true, nameof(Failure))]
    [MemberNotNullWhen(false, nameof(Value))]
    public bool Failed => Failure is not null;

    /// <summary>A value.</summary>
    public static implicit operator Result<T>(T value) => new(value, null);

    /// <summary>A failure.</summary>
    public static implicit operator Result<T>(ApiFailure failure) => new(null, failure);
}
