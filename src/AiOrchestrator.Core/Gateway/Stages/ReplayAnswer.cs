using System.Buffers;
using System.Text.Json;
using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Gateway.Caching;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;
using AiOrchestrator.Ledger.Money;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// Gives a kept answer (CA-02): as it was written where the caller wants it whole and speaks that format, else written anew in the caller's dialect. The usage told
/// is that of the call that paid; charged is nothing, or the part the policy says.
/// </summary>
internal sealed class ReplayAnswer(CallerLimits limits, HoldMoney hold, IUsageStream stream, SettleExchange settle, IOptions<GatewayOptions> options)
{
    /// <summary>Whether the caller has the answer; where it cannot be told in the caller's dialect neither that nor a failure.</summary>
    public async ValueTask<(bool IsAnswered, ApiFailure? Failure)> RunAsync(Exchange exchange, CacheEntry entry)
    {
        var facts = new AnswerFacts { Format = entry.UsageFormat };
        if (Body(exchange, entry, facts) is not { } body)
        {
            return (false, null);
        }

        exchange.HoldNanoUsd = exchange.OwnHoldNanoUsd = CacheCall.ChargeNanoUsd(entry, exchange.Cache!.Policy);
        var failure = await limits.TakeReplayAsync(exchange) ?? await hold.RunReplayAsync(exchange) ?? await StartAsync(exchange);
        if (failure is not null)
        {
            return (false, failure);
        }

        exchange.BeginReplay(facts);
        await SendAsync(exchange, body);
        return (true, exchange.ClientGone ? new ClientGone() : null);
    }

    /// <summary>What is charged begins in the journal like any call: a crash forgets none of it, and where nothing can be written nothing is charged.</summary>
    private async ValueTask<ApiFailure?> StartAsync(Exchange exchange)
    {
        if (exchange.HoldNanoUsd == 0)
        {
            return null;
        }

        var start = new ExchangeStart(exchange.Id, exchange.Wallets, exchange.HoldNanoUsd)
        {
            OrganisationId = exchange.Caller.OrganisationId,
            KeyId = exchange.Caller.Key!.Id,
            IsRelaxed = options.Value.Durability == Durability.Relaxed,
        };
        return await stream.AppendStartAsync(start) ? null : new JournalUnavailable();
    }

    /// <summary>The body as the caller expects it; null where what is kept cannot be read.</summary>
    private static ReadOnlyMemory<byte>? Body(Exchange exchange, CacheEntry entry, AnswerFacts facts)
    {
        if (ChatFormats.DialectOf(exchange.Call) is not { } dialect)
        {
            return entry.Format == exchange.Call.Traits().Name ? entry.Body : null;
        }

        // Of responses the name is that of somebody else's call.
        if (!exchange.Request.Stream && entry.Format == dialect.Format && exchange.Call != ModelCall.Responses)
        {
            facts.FinishReason = ChatFinish.Stop.Word();
            return entry.Body;
        }

        if (CachedFormats.CreateReader(entry.Format) is not { } reader)
        {
            return null;
        }

        var output = new ArrayBufferWriter<byte>(entry.Body.Length * 2);
        var terms = TranslateRequest.AnswerTerms(exchange);
        return (exchange.Request.Stream ? Stream(reader, entry, dialect.CreateStream(terms, facts, output)) : Whole(reader, entry, dialect, terms, facts, output))
            ? output.WrittenMemory
            : null;
    }

    private static bool Stream(ChatAnswerReader reader, CacheEntry entry, ChatStreamWriter writer)
    {
        if (reader.ReadWhole(entry.Body.Span, writer) != AnswerPiece.End)
        {
            return false;
        }

        writer.End();
        return true;
    }

    private static bool Whole(ChatAnswerReader reader, CacheEntry entry, ChatDialect dialect, AnswerTerms terms, AnswerFacts facts, ArrayBufferWriter<byte> output)
    {
        var answer = new ChatAnswer(facts);
        if (reader.ReadWhole(entry.Body.Span, answer) != AnswerPiece.End)
        {
            return false;
        }

        using var writer = new Utf8JsonWriter(output, ChatJson.Writing);
        dialect.Write(answer, terms, writer);
        return true;
    }

    private async ValueTask SendAsync(Exchange exchange, ReadOnlyMemory<byte> body)
    {
        var response = exchange.Context.Response;
        AnswerHeaders.Write(exchange);
        response.Headers["x-ao-cost-usd"] = NanoUsd.FormatUsd(exchange.HoldNanoUsd);
        if (exchange.Request.Stream)
        {
            AnswerHeaders.WriteStream(response);
        }
        else
        {
            response.ContentType = "application/json";
            response.ContentLength = body.Length;
        }

        exchange.ResponseBytes = body.Length;

        // Whoever has read the answer and asks for the balance finds it charged.
        settle.Run(exchange);
        try
        {
            await response.Body.WriteAsync(body, exchange.Context.RequestAborted);
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            // What it is charged it is charged: only its reader has gone.
            exchange.ClientGone = true;
        }
    }
}
