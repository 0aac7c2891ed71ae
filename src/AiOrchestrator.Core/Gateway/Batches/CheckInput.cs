using System.Buffers;
using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>What a file came to, and who takes it.</summary>
/// <param name="Input">What was found in it.</param>
/// <param name="Route">Who serves all of its calls.</param>
/// <param name="Dropped">Members of calls that are left out because the provider refuses them.</param>
internal sealed record CheckedInput(BatchInput Input, Route Route, IReadOnlyCollection<string> Dropped);

/// <summary>
/// Looks at each line of a batch's file as if it were sent by itself: read, routed, priced and counted by the very stages of a call. Nothing is sent before
/// all of them have passed.
/// </summary>
internal sealed class CheckInput(ChooseForBatch choose, EstimateCost estimateCost, IOptions<GatewayOptions> options)
{
    /// <summary>Most calls of a batch: OpenAI's own bound.</summary>
    public const int MaxCalls = 50_000;

    private int MaxLineBytes => MaxLineBytesOf(options.Value);

    /// <summary>The longest line.</summary>
    public static int MaxLineBytesOf(GatewayOptions options) => (int)Math.Min(int.MaxValue, (long)options.MaxBodyBytes + BatchLine.MaxEnvelopeBytes);

    /// <summary>Reads a file to its end.</summary>
    /// <param name="source">The file.</param>
    /// <param name="begin">Begins a call that is only looked at.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    public async Task<Result<CheckedInput>> ExecuteAsync(Stream source, Func<ModelCall, Exchange> begin, CancellationToken cancellation)
    {
        using var lines = new JsonLines(source, MaxLineBytes);
        var names = new HashSet<string>(StringComparer.Ordinal);
        CheckedInput? found = null;
        while (await lines.NextAsync(cancellation) is { } line)
        {
            if (Add(line, begin, names, ref found) is { } failure)
            {
                // What is no fault of the line is told as it is.
                return failure.Status >= 500 ? failure : new InvalidBatchLine(lines.Number, failure);
            }
        }

        return lines.IsTooLong ? new InvalidBatchLine(lines.Number, new BodyTooLarge(options.Value.MaxBodyBytes))
            : found is null ? new InvalidParameter("file", "'file' holds no calls: each line of it is a JSON object with 'custom_id', 'method', 'url' and 'body'.")
            : found;
    }

    private ApiFailure? Add(ReadOnlyMemory<byte> line, Func<ModelCall, Exchange> begin, HashSet<string> names, ref CheckedInput? found)
    {
        if (BatchLine.Read(line.Span, out var read) is { } unread)
        {
            return unread;
        }

        if (!names.Add(read.CustomId))
        {
            return new InvalidParameter("custom_id", "'custom_id' is that of a line before.");
        }

        if (names.Count > MaxCalls)
        {
            return new InvalidParameter("file", $"a batch has at most {MaxCalls} calls.");
        }

        if (found is not null && read.Endpoint != found.Input.Endpoint)
        {
            return new InvalidParameter("url", $"'url' must be the same in all lines of a file: that of the first is '{found.Input.Endpoint}'.");
        }

        var call = BatchLine.CallOf(read.Endpoint)!.Value;
        using var exchange = begin(call);
        var body = ArrayPool<byte>.Shared.Rent(read.Body.Length);
        line.Slice(read.Body.Start, read.Body.Length).CopyTo(body);
        exchange.SetBody(body, read.Body.Length);
        return Check(exchange, found) is { } failure ? failure : Count(exchange, line.Length, read.Endpoint, ref found);
    }

    private ApiFailure? Check(Exchange exchange, CheckedInput? found)
    {
        long? outputTokensCap = null;
        return ParseRequest.Run(exchange)
            ?? Refuse(exchange.Request)
            ?? choose.Run(exchange, found?.Route, out outputTokensCap)
            ?? (found is not null && exchange.Route!.Model.Id != found.Input.Model
                ? new InvalidParameter("model", $"'model' must lead to the same in all lines of a file: the first goes to '{found.Input.Model}'.")
                : null)
            ?? (found is not null && (exchange.Route!.Provider.Id != found.Route.Provider.Id || exchange.Route.Model.UpstreamId != found.Route.Model.UpstreamId)
                ? new InvalidParameter("model", "Who serves the model has changed while the file was read: send the file again.")
                : null)
            ?? estimateCost.Run(exchange)
            ?? Beyond(exchange, outputTokensCap)
            ?? (exchange.UnitsMax.Length > 0
                ? new UnsupportedParameter("model", "What is charged by other units than tokens is not taken in batches, such as searches: send it by itself.")
                : null);
    }

    /// <summary>Why a line may not say as much as it may; null where it is within what a rule lets it.</summary>
    private static ApiFailure? Beyond(Exchange exchange, long? outputTokensCap)
    {
        if (outputTokensCap is not { } cap || exchange.OutputTokensMax <= cap)
        {
            return null;
        }

        var name = EstimateCost.LimitName(exchange, cap);
        return new InvalidParameter(name, $"'{name}' must be given, and {cap} at most: a rule bounds what calls like this may generate, and lines of a batch are sent as they are.");
    }

    /// <summary>What means nothing in a batch, or something else than by itself.</summary>
    private static UnsupportedParameter? Refuse(RequestFacts facts) => facts switch
    {
        { Stream: true } => new("stream", "'stream' cannot be true in a batch: nobody listens."),
        { ServiceTier: not (null or "auto" or "default") } => new("service_tier", "'service_tier' cannot be chosen in a batch, which is billed at prices of its own."),
        { PreviousResponseId: not null } => new("previous_response_id", "'previous_response_id' names what lies at the provider, which is not looked up for each line of a batch: send its content."),
        _ => null,
    };

    private static ApiFailure? Count(Exchange exchange, int lineBytes, string endpoint, ref CheckedInput? found)
    {
        var (route, request) = (exchange.Route!, exchange.Request);
        var edits = BatchLineEdits.Of(exchange.Body.Span, request, route, exchange.Call, exchange.Dropped);
        var input = (found?.Input ?? new BatchInput(endpoint, route.Model.Id) { UpstreamModel = route.Model.UpstreamId, Named = exchange.Found.Name }).With(
            exchange.PromptTokensMax, exchange.PromptTokensExpected, exchange.OutputTokensMax, request.Choices, BatchLineEdits.LengthOf(lineBytes, edits));
        var dropped = found?.Dropped ?? [];
        found = new CheckedInput(input, route, exchange.Dropped.TrueForAll(dropped.Contains) ? dropped : dropped.Union(exchange.Dropped, StringComparer.Ordinal).ToList());
        return null;
    }
}
