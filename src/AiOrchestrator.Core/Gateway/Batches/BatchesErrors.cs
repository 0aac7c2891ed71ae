using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>The caller's key has no such file, or it is gone.</summary>
public sealed record FileNotFound() : ApiFailure(
    404, "invalid_request_error", "file_not_found", "There is no file with this id. GET /v1/files lists those of this key.");

/// <summary>The row of the provider where a file lies is gone, or serves its model no more.</summary>
public sealed record FileProviderGone : ApiFailure
{
    /// <summary>Names it.</summary>
    public FileProviderGone(string provider)
        : base(503, "server_error", "file_provider_gone", $"The file lies at the provider '{provider}', which does not serve it here any more. An administrator may bring it back.") =>
        MayRetry = false;
}

/// <summary>The file is larger than may be uploaded.</summary>
/// <param name="MaxBytes">What may be.</param>
public sealed record FileTooLarge(long MaxBytes) : ApiFailure(
    413, "invalid_request_error", "file_too_large", $"The file is larger than {MaxBytes} bytes. Make several of it.");

/// <summary>Files are taken for batches only.</summary>
public sealed record UnsupportedPurpose : ApiFailure
{
    /// <summary>Says what else could be meant.</summary>
    public UnsupportedPurpose(string purpose)
        : base(
            400,
            "invalid_request_error",
            "unsupported_purpose",
            $"Files are taken with the purpose 'batch' only, not '{(purpose.Length <= 64 ? purpose : purpose[..64])}': what others mean for a call cannot be counted. Send their content in the call.") =>
        Param = "purpose";
}

/// <summary>A line of a batch's file cannot be sent.</summary>
public sealed record InvalidBatchLine : ApiFailure
{
    /// <summary>Says which, and why.</summary>
    /// <param name="line">Its number, from 1 on.</param>
    /// <param name="failure">What the call would be refused for if it were sent by itself.</param>
    public InvalidBatchLine(long line, ApiFailure failure)
        : base(400, "invalid_request_error", "invalid_batch_line", $"Line {line} of the file: {failure.Message}") => Param = failure.Param;
}

/// <summary>The caller's key has begun no such batch, or it is gone.</summary>
public sealed record BatchNotFound() : ApiFailure(
    404, "invalid_request_error", "batch_not_found", "There is no batch with this id. GET /v1/batches lists those this key has begun.");

/// <summary>The row of the provider where a batch lies is gone.</summary>
public sealed record BatchProviderGone : ApiFailure
{
    /// <summary>Names it.</summary>
    public BatchProviderGone(string provider)
        : base(503, "server_error", "batch_provider_gone", $"The batch lies at the provider '{provider}', which does not serve its model here any more. An administrator may bring it back.") =>
        MayRetry = false;
}

/// <summary>The provider works on the batch, but where it lies could not be written down.</summary>
public sealed record BatchNotKept : ApiFailure
{
    /// <summary>Says who can help.</summary>
    public BatchNotKept()
        : base(503, "server_error", "batch_not_kept", "The provider works on the batch, but it could not be recorded. All it may cost is charged; the log of the gateway says where it lies.") =>
        MayRetry = false;
}
