using System.Buffers;
using AiOrchestrator.Core.Gateway.Caching;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// Relays a stream event by event as it arrives, looking into each without copying it. The usage chunk is held back from callers who did
/// not ask for it. Memory is one buffer, bounded by the largest event.
/// </summary>
internal sealed class RelayStream(SettleExchange settle, KeepAnswer keep, IOptions<GatewayOptions> options, TimeProvider time)
{
    private const int FirstBufferBytes = 8 * 1024;
    private static readonly byte[] DoneEvent = "data: [DONE]\n\n"u8.ToArray();

    public async ValueTask<ApiFailure?> RunAsync(Exchange exchange)
    {
        exchange.Capture = keep.Begin(exchange);
        var output = new AnswerOutput(exchange);
        using var silence = new KeepAlive(exchange, output, options.Value.KeepAliveMs, time);
        var relay = new Relay(exchange, settle, output, silence, options.Value.MaxEventBytes);
        try
        {
            await using var source = await exchange.Answer!.Content.ReadAsStreamAsync(exchange.Watch!.Token);
            var failure = await relay.RunAsync(source);
            return failure ?? (exchange.ClientGone ? new ClientGone() : null);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            return relay.IsDone ? null : relay.Broken(failure);
        }
        finally
        {
            exchange.UpstreamEndTimestamp = time.GetTimestamp();
            relay.Dispose();
        }
    }

    private sealed class Relay(Exchange exchange, SettleExchange settle, AnswerOutput output, KeepAlive silence, int maxEventBytes) : IDisposable
    {
        private readonly HttpResponse _response = exchange.Context.Response;
        private readonly CallWatch _watch = exchange.Watch!;
        private readonly bool _isBinary = exchange.Format is { StreamsBinary: true };
        private ChatSink? _sink;
        private byte[] _buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        private SseScanner _scanner = new();
        private int _start;
        private int _end;

        /// <summary>Whether the end marker has been relayed: nothing after it matters.</summary>
        public bool IsDone { get; private set; }

        public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

        public async ValueTask<ApiFailure?> RunAsync(Stream source)
        {
            while (true)
            {
                var read = await silence.WaitAsync(source.ReadAsync(_buffer.AsMemory(_end), _watch.Token));
                if (read == 0)
                {
                    return IsDone ? null : await EndAsync();
                }

                _watch.Progress();
                _end += read;
                if ((_isBinary ? RelayBinaryEvents() : RelayEvents()) is { } failure)
                {
                    // What stood before the fault in the same piece is the client's.
                    await FlushAsync();
                    return failure;
                }

                await FlushAsync();
                _watch.Received(exchange.AnswerFacts.CountedTokens);
                if (IsDone)
                {
                    // Read on for the connection's sake alone, and only now: a slow client may take its time for the end marker.
                    _watch.AlmostDone();
                }

                if (!MakeRoom())
                {
                    return new UpstreamInvalid(exchange.Route!.Provider.Id, $"an event larger than {maxEventBytes} bytes") { IsTooLarge = true };
                }
            }
        }

        /// <summary>The provider's connection broke, or a deadline passed.</summary>
        public ApiFailure Broken(Exception failure)
        {
            if (_watch.Reason == CutReason.None && exchange.Context.RequestAborted.IsCancellationRequested)
            {
                exchange.ClientGone = true;
                return new ClientGone();
            }

            var classified = CallProvider.Classify(exchange, failure, sent: true);
            return classified is UpstreamFailed && _response.HasStarted ? new UpstreamCut(exchange.Route!.Provider.Id) : classified;
        }

        private ApiFailure? RelayEvents()
        {
            int length;
            while ((length = _scanner.Next(_buffer.AsSpan(_start, _end - _start))) > 0)
            {
                var sseEvent = _buffer.AsSpan(_start, length);
                _start += length;
                if (RelayEvent(sseEvent) is { } failure)
                {
                    return failure;
                }
            }

            return null;
        }

        /// <summary>The same of binary events, which only formats have that are written anew.</summary>
        private ApiFailure? RelayBinaryEvents()
        {
            while (!IsDone)
            {
                switch (EventStreamScanner.Next(_buffer.AsSpan(_start, _end - _start), maxEventBytes, out var found))
                {
                    case EventStreamPiece.Incomplete:
                        return null;
                    case EventStreamPiece.TooLarge:
                        return new UpstreamInvalid(exchange.Route!.Provider.Id, $"an event larger than {maxEventBytes} bytes") { IsTooLarge = true };
                    case EventStreamPiece.Invalid:
                        return new UpstreamInvalid(exchange.Route!.Provider.Id, "an event that was damaged on its way");
                }

                _start += found.Length;
                if (ReadEvent(exchange.Reader!, found.Name, found.Data, raw: default) is { } failure)
                {
                    return failure;
                }
            }

            _start = _end;
            return null;
        }

        private ApiFailure? RelayEvent(ReadOnlySpan<byte> sseEvent)
        {
            if (IsDone)
            {
                return null;
            }

            var data = SseScanner.Data(sseEvent);
            if (exchange.Reader is { } reader && !data.IsEmpty)
            {
                return ReadEvent(reader, SseScanner.Name(sseEvent), data, sseEvent);
            }

            if (!data.IsEmpty)
            {
                exchange.Capture?.Event(default, data);
            }

            if (data.SequenceEqual("[DONE]"u8))
            {
                IsDone = true;
                Write(sseEvent);
                return null;
            }

            if (data.IsEmpty)
            {
                // A comment keeps connections alive.
                Write(sseEvent);
                return null;
            }

            switch (Look(data))
            {
                case ChunkKind.UsageOnly when !exchange.Request.IncludeUsage:
                    return null;
                case ChunkKind.Invalid:
                    return new UpstreamInvalid(exchange.Route!.Provider.Id, "an event that is not a JSON object");
                default:
                    exchange.Chunks++;
                    Write(sseEvent);
                    return null;
            }
        }

        /// <summary>An event of another format than OpenAI's: relayed as it is, or what it says written anew.</summary>
        private ApiFailure? ReadEvent(ChatAnswerReader reader, ReadOnlySpan<byte> name, ReadOnlySpan<byte> data, ReadOnlySpan<byte> raw)
        {
            exchange.Capture?.Event(name, data);
            _sink ??= Sink();
            var piece = reader.ReadEvent(name, data, _sink);
            exchange.AnswerFacts.HasError |= piece == AnswerPiece.Error;
            if (piece == AnswerPiece.Invalid)
            {
                return new UpstreamInvalid(exchange.Route!.Provider.Id, "an event that its wire format does not have");
            }

            if (piece == AnswerPiece.Error && exchange.Writer is not null)
            {
                return new UpstreamReported(exchange.Route!.Provider.Id, reader.Error!);
            }

            exchange.Chunks++;
            if (exchange.Writer is null)
            {
                // An error that is relayed is the end as well: the caller has been told.
                IsDone = piece is AnswerPiece.End or AnswerPiece.Error;
                WriteRelayed(raw, data);
                return null;
            }

            IsDone = piece == AnswerPiece.End;
            if (IsDone)
            {
                exchange.Writer.End();
            }

            return null;
        }

        private ChatSink Sink()
        {
            if (exchange.Translation is not { } translation)
            {
                return new ChatSink(exchange.AnswerFacts);
            }

            return exchange.Writer = translation.Dialect.CreateStream(TranslateRequest.AnswerTerms(exchange), exchange.AnswerFacts, output);
        }

        private ChunkKind Look(ReadOnlySpan<byte> data) => exchange.Call.Traits().IsMedia
            ? OpenAiMediaAnswerReader.Read(data, exchange.Call, exchange.AnswerFacts)
            : OpenAiAnswerReader.Read(data, exchange.AnswerFacts);

        /// <summary>The provider ended the stream without the end marker: complete if it said so otherwise, else cut.</summary>
        private async ValueTask<ApiFailure?> EndAsync()
        {
            var rest = _buffer.AsSpan(_start, _end - _start).Trim("\r\n "u8);
            if (_isBinary && _start < _end)
            {
                return new UpstreamCut(exchange.Route!.Provider.Id);
            }

            if (!rest.IsEmpty)
            {
                // The last event may lack its empty line; anything less than a whole event is a cut.
                var last = new byte[rest.Length + 2];
                rest.CopyTo(last);
                last.AsSpan(rest.Length).Fill((byte)'\n');
                if (RelayEvent(last) is { } failure)
                {
                    // What it wrote before the fault is the client's, and what the provider says of it is told.
                    await FlushAsync();
                    return failure is UpstreamReported ? failure : new UpstreamCut(exchange.Route!.Provider.Id);
                }
            }

            if (!IsDone && IsComplete())
            {
                IsDone = true;
                WriteEnd();
            }

            await FlushAsync();
            if (IsDone)
            {
                return null;
            }

            return _response.HasStarted
                ? new UpstreamCut(exchange.Route!.Provider.Id)
                : new UpstreamInvalid(exchange.Route!.Provider.Id, "an empty stream");
        }

        private bool IsComplete()
        {
            var facts = exchange.AnswerFacts;
            return exchange.Reader is { } reader
                ? _sink is not null && reader.MayEndHere(_sink)
                : facts.FinishReason is not null || facts.HasUsage || facts.HasError;
        }

        private void WriteEnd()
        {
            exchange.Writer?.End();
            if (exchange.Reader is null)
            {
                Write(DoneEvent);
            }
            else if (exchange.Writer is null)
            {
                Write(ChatFormats.DialectOf(exchange.Call)!.EndMarker.Span);
            }
        }

        private void Write(ReadOnlySpan<byte> bytes) => output.Write(bytes);

        private void WriteRelayed(ReadOnlySpan<byte> raw, ReadOnlySpan<byte> data)
        {
            if (exchange.ResponseNames is { } names)
            {
                names.WriteEvent(raw, data, output);
            }
            else
            {
                Write(raw);
            }
        }

        private async ValueTask FlushAsync()
        {
            if (!output.HasWritten)
            {
                return;
            }

            output.Flushed();
            silence.Wrote();
            if (IsDone)
            {
                // All is known now: whoever has read the end marker and asks for the balance finds it charged.
                settle.Run(exchange);
            }

            _watch.Writing(true);
            try
            {
                await _response.BodyWriter.FlushAsync(_watch.Token);
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException && _watch.Reason == CutReason.None)
            {
                // Only where the provider is to be drained (MT-07): the reader has gone, the reading goes on.
                exchange.ClientGone = true;
            }

            _watch.Writing(false);
            NoticeGoneClient();
        }

        private void NoticeGoneClient()
        {
            if (exchange.Context.RequestAborted.IsCancellationRequested)
            {
                exchange.ClientGone = true;
                _watch.Token.ThrowIfCancellationRequested();
            }
        }

        /// <summary>Moves what is left of an event to the front and makes room for more; false when it is too large.</summary>
        private bool MakeRoom()
        {
            var left = _end - _start;
            if (left > maxEventBytes)
            {
                return false;
            }

            if (left == _buffer.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
                _buffer.AsSpan(_start, left).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = larger;
            }
            else if (_start > 0)
            {
                _buffer.AsSpan(_start, left).CopyTo(_buffer);
            }

            _start = 0;
            _end = left;
            return true;
        }
    }
}
