using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>A member has a wrong type or value.</summary>
public sealed record InvalidParameter : ApiFailure
{
    /// <summary>Names the member and what it must be.</summary>
    public InvalidParameter(string param, string message)
        : base(400, "invalid_request_error", "invalid_parameter", message) => Param = param;
}

/// <summary>A member that must be there is missing.</summary>
public sealed record MissingParameter : ApiFailure
{
    /// <summary>Names the member.</summary>
    public MissingParameter(string param)
        : base(400, "invalid_request_error", "missing_parameter", $"Missing required parameter: '{param}'.") => Param = param;
}

/// <summary>A form cannot be read.</summary>
/// <param name="Why">What is wrong with it, as the end of a sentence.</param>
public sealed record InvalidForm(string Why) : ApiFailure(400, "invalid_request_error", "invalid_form", $"The body is not the form this endpoint takes: {Why}");

/// <summary>A member that is billed at prices nobody has told the gateway.</summary>
public sealed record UnsupportedParameter : ApiFailure
{
    /// <summary>Names the member and says why.</summary>
    public UnsupportedParameter(string param, string message)
        : base(400, "invalid_request_error", "unsupported_parameter", message) => Param = param;
}
