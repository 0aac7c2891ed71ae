using System.Buffers;
using System.IO.Pipelines;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>Reads the request body into one pooled buffer, within its bounds of size and time.</summary>
internal sealed class ReadBody(IOptions<GatewayOptions> options, TimeProvider time)
{
    private const int FirstBufferBytes = 16 * 1024;

    /// <summary>How much of a refused body is read and thrown away, so that the client gets to read the refusal.</summary>
    private const long DrainRestBytes = 512L * 1024 * 1024;

    public ValueTask<ApiFailure?> RunAsync(Exchange exchange)
    {
        var request = exchange.Context.Request;
        var maxBytes = options.Value.MaxBodyBytes;
        if (exchange.Context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            // The bound is kept here, with an answer in the caller's dialect.
            limit.MaxRequestBodySize = null;
        }

        if (request.ContentLength > maxBytes)
        {
            return new ValueTask<ApiFailure?>(new BodyTooLarge(maxBytes));
        }

        var body = new BodyBuffer((int)(request.ContentLength ?? FirstBufferBytes));
        if (request.ContentLength is { } length && request.BodyReader.TryRead(out var result))
        {
            // A body mostly comes with its headers: then there is nothing to wait for and no deadline to set.
            body.Append(result.Buffer);
            request.BodyReader.AdvanceTo(result.Buffer.End);
            if (body.Length >= length)
            {
                return new ValueTask<ApiFailure?>(Finish(exchange, body));
            }
        }

        return ReadRestAsync(exchange, body, maxBytes);
    }

    /// <summary>
    /// A client that is still sending when it is refused sees a broken connection instead of the answer, unless somebody reads.
    /// </summary>
    public static async ValueTask DrainRestAsync(Exchange exchange, ApiFailure failure)
    {
        if (failure is not BodyTooLarge)
        {
            return;
        }

        var context = exchange.Context;
        try
        {
            await context.Response.Body.FlushAsync(context.RequestAborted);
            long drained = 0;
            ReadResult result;
            do
            {
                result = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
                drained += result.Buffer.Length;
                context.Request.BodyReader.AdvanceTo(result.Buffer.End);
            }
            while (!result.IsCompleted && drained < DrainRestBytes);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or BadHttpRequestException)
        {
            // The client has its answer and stopped sending, or sends too slowly to be waited for: nothing is lost either way.
        }
    }

    private async ValueTask<ApiFailure?> ReadRestAsync(Exchange exchange, BodyBuffer body, int maxBytes)
    {
        var context = exchange.Context;
        var reader = context.Request.BodyReader;
        using var late = new CancellationTokenSource(TimeSpan.FromMilliseconds(options.Value.BodyTimeoutMs), time);

        // Not by a token: a read that ends by one stays open for Kestrel, which then fails to throw the rest of the body away.
        using var wake = late.Token.UnsafeRegister(static state => ((PipeReader)state!).CancelPendingRead(), reader);
        try
        {
            ReadResult result;
            do
            {
                result = await reader.ReadAsync(context.RequestAborted);
                body.Append(result.Buffer);
                reader.AdvanceTo(result.Buffer.End);
                if (late.IsCancellationRequested)
                {
                    body.Return();
                    context.Response.Headers.Connection = "close";
                    return new BodyNotReadable(StatusCodes.Status408RequestTimeout);
                }

                if (body.Length > maxBytes)
                {
                    body.Return();
                    return new BodyTooLarge(maxBytes);
                }
            }
            while (!result.IsCompleted);
            return Finish(exchange, body);
        }
        catch (Exception failure) when (failure is OperationCanceledException or IOException)
        {
            body.Return();
            if (context.RequestAborted.IsCancellationRequested)
            {
                // The client went away while sending: nothing was held, nobody waits for an answer.
                return new ClientGone();
            }

            context.Response.Headers.Connection = "close";
            return failure is BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout }
                ? new BodyNotReadable(StatusCodes.Status408RequestTimeout)
                : new BodyNotReadable(StatusCodes.Status400BadRequest);
        }
    }

    private static InvalidJson? Finish(Exchange exchange, BodyBuffer body)
    {
        exchange.SetBody(body.Bytes, body.Length);
        return body.Length == 0 ? new InvalidJson("it is empty.") : null;
    }

    private sealed class BodyBuffer(int size)
    {
        public byte[] Bytes { get; private set; } = ArrayPool<byte>.Shared.Rent(Math.Max(size, 1));

        public int Length { get; private set; }

        public void Append(in ReadOnlySequence<byte> piece)
        {
            var length = checked(Length + (int)piece.Length);
            if (length > Bytes.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, Bytes.Length * 2));
                Bytes.AsSpan(0, Length).CopyTo(larger);
                Return();
                Bytes = larger;
            }

            piece.CopyTo(Bytes.AsSpan(Length));
            Length = length;
        }

        public void Return() => ArrayPool<byte>.Shared.Return(Bytes);
    }
}
