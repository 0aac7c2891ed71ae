using System.Buffers;
using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Core.Gateway;

/// <summary>Relays what a provider sends, byte for byte.</summary>
internal sealed class Download(UpstreamAnswer answer) : IResult
{
    private const int BufferBytes = 64 * 1024;

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        using var ends = answer;
        var (watch, content, response) = (answer.Watch, answer.Message!.Content, httpContext.Response);
        response.ContentType = content.Headers.ContentType?.ToString() ?? "application/octet-stream";
        response.ContentLength = content.Headers.ContentLength;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var source = await content.ReadAsStreamAsync(watch.Token);
            int read;
            while ((read = await source.ReadAsync(buffer, watch.Token)) > 0)
            {
                watch.Progress();
                watch.Writing(true);
                await response.Body.WriteAsync(buffer.AsMemory(0, read), watch.Token);
                watch.Writing(false);
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            // Bytes have no place for an error in them: what has begun ends short of its length, and is asked for again.
            httpContext.Abort();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
