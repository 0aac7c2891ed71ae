using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Gateway;

/// <summary>The headers are larger than allowed.</summary>
/// <param name="MaxBytes">What is allowed.</param>
public sealed record HeadersTooLarge(int MaxBytes) : ApiFailure(
    431, "invalid_request_error", "headers_too_large", $"The request headers are larger than {MaxBytes} bytes.");

/// <summary>An output bound above what the model can do.</summary>
public sealed record OutputLimitTooLarge : ApiFailure
{
    /// <summary>Names the member and the model's bound.</summary>
    public OutputLimitTooLarge(string param, long asked, long limit)
        : base(400, "invalid_request_error", "invalid_parameter", $"'{param}' is too large: {asked}. This model generates at most {limit} tokens.") =>
        Param = param;
}

/// <summary>The worst case of a call cannot be bounded, so no hold can cover it.</summary>
/// <param name="Message">What is missing.</param>
public sealed record CostUnbounded(string Message) : ApiFailure(400, "invalid_request_error", "cost_unbounded", Message);

/// <summary>The model has a price, but not for what is asked of it.</summary>
public sealed record UnitPriceUnknown : ApiFailure
{
    /// <summary>Names the model, the unit as the price file has it, and the member that asks for it.</summary>
    public UnitPriceUnknown(string model, string unit, string param)
        : base(
            400,
            "invalid_request_error",
            "unit_price_unknown",
            $"The model '{model}' has no price for '{unit}', so it is not asked for it. Ask for something else, or have an administrator give it that price.") =>
        Param = param;
}

/// <summary>No price is in force for the model.</summary>
public sealed record PriceUnknown : ApiFailure
{
    /// <summary>Names the model and what to do.</summary>
    public PriceUnknown(string model)
        : base(
            503,
            "server_error",
            "price_unknown",
            $"No price is in force for the model '{model}'; it is not called, as nothing could be charged. An administrator gives it one "
            + "(POST /control/v1/prices), or has such models charged at a price of last resort (PUT /control/v1/price-policy).")
    {
        Param = "model";
        MayRetry = false;
    }
}

/// <summary>WL-03: the wallet cannot pay for the call, and waiting does not help.</summary>
public sealed record InsufficientBudget : ApiFailure
{
    private readonly WalletState _wallet;
    private readonly string _name;
    private readonly long _neededNanoUsd;

    /// <summary>Names the wallet and its figures.</summary>
    public InsufficientBudget(WalletState wallet, string name, long neededNanoUsd)
        : base(402, "insufficient_budget", "insufficient_budget", Text(wallet, name, neededNanoUsd))
    {
        _wallet = wallet;
        _name = name;
        _neededNanoUsd = neededNanoUsd;
        MayRetry = false;
    }

    /// <inheritdoc/>
    public override bool HasMetadata => true;

    /// <inheritdoc/>
    public override void WriteMetadata(Utf8JsonWriter writer)
    {
        writer.WriteString("wallet"u8, _wallet.Id);
        writer.WriteString("wallet_name"u8, _name);
        writer.WriteString("limit_usd"u8, _wallet.LimitNanoUsd is { } limit ? NanoUsd.FormatUsd(limit) : null);
        writer.WriteString("spent_usd"u8, NanoUsd.FormatUsd(_wallet.SpentNanoUsd));
        writer.WriteString("held_usd"u8, NanoUsd.FormatUsd(_wallet.HeldNanoUsd));
        writer.WriteString("suspense_usd"u8, NanoUsd.FormatUsd(_wallet.SuspenseNanoUsd));
        writer.WriteString("needed_usd"u8, NanoUsd.FormatUsd(_neededNanoUsd));
        writer.WriteString("available_usd"u8, NanoUsd.FormatUsd(_wallet.AvailableNanoUsd));
        writer.WriteString("period"u8, _wallet.Period.Id);
        writer.WriteString("resets_at"u8, Rfc3339.Format(_wallet.ResetsUnixMs));
    }

    private static string Text(WalletState wallet, string name, long needed) =>
        $"The wallet '{name}' cannot pay for this call: it may cost up to ${NanoUsd.FormatUsd(needed)}, "
        + $"and ${NanoUsd.FormatUsd(wallet.AvailableNanoUsd)} of its limit is left. Raise the limit, or ask for fewer tokens.";
}

/// <summary>Somebody froze the wallet: it pays for nothing until it is unfrozen.</summary>
/// <param name="Name">The wallet's name.</param>
public sealed record WalletFrozen(string Name) : ApiFailure(
    403, "permission_error", "budget_frozen", $"The wallet '{Name}' is frozen: it pays for no call until somebody unfreezes it.");

/// <summary>The wallet is closed: it pays for nothing any more.</summary>
/// <param name="Name">The wallet's name.</param>
public sealed record WalletClosed(string Name) : ApiFailure(
    403, "permission_error", "budget_closed", $"The wallet '{Name}' is closed: give the key another one.");

/// <summary>The money is there, but other calls hold it.</summary>
public sealed record BudgetContended : ApiFailure
{
    /// <summary>Says when to come back.</summary>
    public BudgetContended(int retryAfterSeconds)
        : base(429, "rate_limit_error", "budget_contended", "Other calls hold the rest of the budget until they end. Retry shortly.") =>
        RetryAfterSeconds = retryAfterSeconds;
}

/// <summary>Nobody can say whether there is money: fail closed.</summary>
public sealed record BudgetUnavailable : ApiFailure
{
    /// <summary>Says when to come back.</summary>
    public BudgetUnavailable()
        : base(503, "server_error", "budget_unavailable", "The wallet cannot be reached; nothing is sent without it.") =>
        RetryAfterSeconds = 1;
}

/// <summary>The start of the call could not be made durable.</summary>
public sealed record JournalUnavailable : ApiFailure
{
    /// <summary>Says when to come back.</summary>
    public JournalUnavailable()
        : base(503, "server_error", "journal_unavailable", "The call could not be recorded, so it was not sent. GET /ready says why.") =>
        RetryAfterSeconds = 1;
}

/// <summary>The gateway is stopping.</summary>
public sealed record ShuttingDown : ApiFailure
{
    /// <summary>Says when to come back.</summary>
    public ShuttingDown()
        : base(503, "server_error", "shutting_down", "This instance is stopping. Retry.") => RetryAfterSeconds = 1;
}

/// <summary>The caller's key has begun no such job, or it is gone.</summary>
public sealed record VideoNotFound() : ApiFailure(
    404, "invalid_request_error", "video_not_found", "There is no video with this id. GET /v1/videos lists those this key has begun.");

/// <summary>The row of the provider where a job lies is gone.</summary>
public sealed record VideoProviderGone : ApiFailure
{
    /// <summary>Names it.</summary>
    public VideoProviderGone(string provider)
        : base(503, "server_error", "video_provider_gone", $"The video lies at the provider '{provider}', which does not serve its model here any more. An administrator may bring it back.") =>
        MayRetry = false;
}

/// <summary>The provider makes the video, but where it lies could not be written down.</summary>
public sealed record VideoNotKept : ApiFailure
{
    /// <summary>Says who can help.</summary>
    public VideoNotKept()
        : base(503, "server_error", "video_not_kept", "The provider makes the video, but it could not be recorded. It is charged; the log of the gateway says where it lies.") =>
        MayRetry = false;
}

/// <summary>A fault of ours.</summary>
public sealed record InternalError() : ApiFailure(
    500, "server_error", "internal_error", "The gateway failed. The x-request-id of this answer finds the reason in its log.");
