using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.OpenAi;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>Reads a form with a file, in any order of its parts: the file goes aside as it arrives, within its bounds of size and time.</summary>
internal sealed class ReadUpload(IBlobStore blobs, IOptions<GatewayOptions> options, TimeProvider time)
{
    /// <summary>Before the names of files that were put aside.</summary>
    public const string BlobPrefix = "uploads/";

    private const int MaxFields = 16, MaxFieldBytes = 1024, MaxNameLength = 255;

    /// <summary>Reads it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="blob">Where the file is put.</param>
    public async Task<Result<Upload>> ExecuteAsync(HttpContext context, string blob)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= 70 } boundary)
        {
            return new InvalidForm("send 'multipart/form-data' with the parts 'purpose' and 'file'.");
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            // The bound is kept here, with an answer in the caller's dialect.
            limit.MaxRequestBodySize = null;
        }

        using var late = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, context.RequestAborted);
        try
        {
            return await ReadAsync(new MultipartReader(boundary.ToString(), context.Request.Body), blob, late, either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            context.Response.Headers.Connection = "close";
            return new BodyNotReadable(StatusCodes.Status408RequestTimeout);
        }
        catch (TooLargeException)
        {
            context.Response.Headers.Connection = "close";
            return new FileTooLarge(options.Value.MaxFileBytes);
        }
        catch (Exception failure) when (failure is InvalidDataException or BadHttpRequestException)
        {
            // What callers send is outside our control: a form without an end, headers without one, a body that breaks off.
            context.Response.Headers.Connection = "close";
            return new InvalidForm("it does not hold together, or its parts have too many or too long headers.");
        }
    }

    private TimeSpan Patience => TimeSpan.FromMilliseconds(options.Value.BodyTimeoutMs);

    private async Task<Result<Upload>> ReadAsync(MultipartReader form, string blob, CancellationTokenSource late, CancellationToken cancellation)
    {
        var fields = new List<KeyValuePair<string, string>>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        string? fileName = null;
        var bytes = 0L;
        while (await FromCallerAsync(new ValueTask<MultipartSection?>(form.ReadNextSectionAsync(cancellation))) is { } section)
        {
            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var part)
                || HeaderUtilities.RemoveQuotes(part.Name) is not { Length: > 0 and <= MaxNameLength } name || !names.Add(name.ToString()) || names.Count > MaxFields)
            {
                return new InvalidForm($"it has at most {MaxFields} parts, each with a name of its own.");
            }

            if (name.ToString() == "file")
            {
                fileName = HeaderUtilities.RemoveQuotes(part.FileName) is { Length: > 0 and <= MaxNameLength } given ? given.ToString() : "file.jsonl";
                var source = new Bounded(section.Body, options.Value.MaxFileBytes, () => late.CancelAfter(Patience));
                await using (source)
                {
                    await blobs.WriteAsync(blob, source, cancellation);
                }

                bytes = source.Taken;
            }
            else if (await TextAsync(section.Body, cancellation) is { } text)
            {
                fields.Add(KeyValuePair.Create(name.ToString(), text));
            }
            else
            {
                return new InvalidForm($"a part other than the file is longer than {MaxFieldBytes} bytes.");
            }
        }

        return fileName is null ? new MissingParameter("file")
            : fields.Find(static f => f.Key == "purpose").Value is { } purpose ? new Upload(fileName, bytes, purpose, fields)
            : new MissingParameter("purpose");
    }

    private static async Task<string?> TextAsync(Stream part, CancellationToken cancellation)
    {
        var bytes = new byte[MaxFieldBytes + 1];
        var length = await FromCallerAsync(part.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation));
        return length > MaxFieldBytes ? null : System.Text.Encoding.UTF8.GetString(bytes, 0, length);
    }

    /// <summary>Tells a form that breaks off from a store that fails, which is no fault of the caller's.</summary>
    private static async ValueTask<T> FromCallerAsync<T>(ValueTask<T> read)
    {
        try
        {
            return await read;
        }
        catch (IOException failure) when (failure is not BadHttpRequestException)
        {
            throw new InvalidDataException("the form breaks off", failure);
        }
    }

    /// <summary>Ends what is read from it when it is too long.</summary>
    private sealed class TooLargeException : Exception;

    /// <summary>A part of the form that may have so many bytes, and is waited for as long as some of it comes.</summary>
    private sealed class Bounded(Stream part, long maxBytes, Action progress) : Stream
    {
        public long Taken { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await FromCallerAsync(part.ReadAsync(buffer, cancellationToken));
            progress();
            Taken += read;
            return Taken > maxBytes ? throw new TooLargeException() : read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
