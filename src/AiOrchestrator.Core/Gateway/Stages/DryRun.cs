using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Ledger.Money;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>GW-14: answers what would happen, calls nobody and charges nothing.</summary>
internal sealed class DryRun(IWalletAuthority authority, LeaseBook leases)
{
    public static bool IsAsked(Exchange exchange) =>
        exchange.Context.Request.Headers.TryGetValue("x-dry-run", out var value)
        && string.Equals(value, "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>Null where it was answered.</summary>
    public async ValueTask<ApiFailure?> AnswerAsync(Exchange exchange)
    {
        exchange.IsDryRun = true;
        var context = exchange.Context;
        var path = leases.PathOf(exchange.Caller.Key!.WalletId);
        var wallets = new List<WalletState?>();
        try
        {
            foreach (var walletId in path.WalletIds)
            {
                await leases.ReportAsync(walletId, context.RequestAborted);
                wallets.Add(await authority.ReadAsync(walletId, context.RequestAborted));
            }
        }
        catch (Exception silent) when (silent is IOException or TimeoutException)
        {
            // Safe: nothing was to be held. It would not pass now, and for that reason.
            return new BudgetUnavailable();
        }

        CallerLimits.WriteHeaders(exchange);
        context.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(context.Response.BodyWriter);
        writer.WriteStartObject();
        writer.WriteString("object"u8, "dry_run"u8);
        WriteRoute(writer, exchange);
        WriteMoney(writer, exchange, wallets);
        writer.WritePropertyName("route"u8);
        JsonSerializer.Serialize(writer, RouteExplanation.Of(exchange, failure: null), RouteExplanationJson.Default.RouteExplanation);
        writer.WriteEndObject();
        await writer.FlushAsync(context.RequestAborted);
        return null;
    }

    private static void WriteRoute(Utf8JsonWriter writer, Exchange exchange)
    {
        var route = exchange.Route!;
        writer.WriteString("model"u8, route.Model.Id);
        writer.WriteString("provider"u8, route.Provider.Id);
        writer.WriteString("upstream_model"u8, route.Model.UpstreamId);
        writer.WriteNumber("prompt_tokens_expected"u8, exchange.PromptTokensExpected);
        writer.WriteNumber("prompt_tokens_max"u8, exchange.PromptTokensMax);
        writer.WriteNumber("completion_tokens_max"u8, exchange.OutputTokensMax);
        writer.WriteNumber("choices"u8, exchange.Request.Choices);
    }

    private static void WriteMoney(Utf8JsonWriter writer, Exchange exchange, IReadOnlyList<WalletState?> wallets)
    {
        // What the tightest wallet of the path can still give.
        var available = wallets.Min(static w => w?.AvailableNanoUsd ?? 0);
        var (price, _) = exchange.Billing.Served(answered: null);
        writer.WriteString("input_usd_per_million"u8, price.InputUsdPerMillion);
        writer.WriteString("output_usd_per_million"u8, price.OutputUsdPerMillion);
        writer.WriteString("hold_usd"u8, NanoUsd.FormatUsd(exchange.HoldNanoUsd));
        writer.WriteString("wallet"u8, exchange.Caller.Key!.WalletId);
        writer.WriteString("available_usd"u8, available == long.MaxValue ? null : NanoUsd.FormatUsd(available));
        writer.WriteBoolean("would_pass"u8, wallets.All(w => w is { Closed: false, Frozen: false } && (w.Settings.IsShadow || exchange.HoldNanoUsd <= w.AvailableNanoUsd)));
    }
}
