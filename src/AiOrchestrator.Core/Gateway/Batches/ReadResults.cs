using System.Runtime.InteropServices;
using System.Text.Json;
using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;
using AiOrchestrator.Core.Metering.Extraction;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Chat;
using AiOrchestrator.Core.Providers.OpenAi;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>
/// Reads what came of a batch, line by line as it arrives: each answered call is charged by the rule of a call that is answered whole, by the batch prices in
/// force when the batch was begun. One that failed costs nothing; a line that cannot be read costs its part of the reserve.
/// </summary>
internal sealed class ReadResults(
    AskProvider provider, ProviderDirectory providers, PriceBooks prices, CountingRatios ratios, IOptions<GatewayOptions> options)
{
    private const int OkFrom = 200, OkUntil = 300;

    /// <summary>What came of it.</summary>
    /// <param name="job">A batch that has ended.</param>
    /// <param name="answer">What the provider says of it.</param>
    /// <param name="begin">An outcome with names and nothing in it.</param>
    /// <param name="newFileId">Names a file.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    public async Task<Result<BatchOutcome>> ExecuteAsync(
        BatchJob job, JsonElement answer, Func<BatchTotals, BatchOutcome> begin, Func<string> newFileId, CancellationToken cancellation)
    {
        var totals = new BatchTotals();
        if (job.Input.RouteIn(providers.Current, job.Provider) is not { } route || !job.Input.IsOf(route)
            || prices.For(job.OrganisationId).Find(route.Model.Priced, DateTimeOffset.FromUnixTimeMilliseconds(job.CreatedUnixMs)) is not { } pinned)
        {
            return new BatchProviderGone(job.Provider);
        }

        var counting = new Counting(job, route, pinned.Price.For(new PriceTerms(null, IsBatch: true))!, ratios.Completion(route.Provider.Id, route.Model.Id).Ratio ?? 1, totals);
        var files = new BatchFile?[2];
        var members = new[] { "output_file_id", "error_file_id" };
        for (var i = 0; i < members.Length; i++)
        {
            if (AskProvider.IdIn(answer, members[i]) is { } id)
            {
                var read = await ReadAsync(job, new BatchFile(newFileId(), id, Bytes: 0), counting, cancellation);
                if (read.Failed)
                {
                    return read.Failure;
                }

                files[i] = read.Value;
            }
        }

        // Written down once and for ever: what was answered and cannot be read must not count as nothing.
        return files[0] is null && HasAnswered(answer)
            ? new UpstreamInvalid(job.Provider, "an ended batch with answered calls and no file of them")
            : begin(totals) with { Output = files[0], Errors = files[1] };
    }

    private static bool HasAnswered(JsonElement answer) =>
        answer.TryGetProperty("request_counts", out var counts) && counts.ValueKind == JsonValueKind.Object
        && counts.TryGetProperty("completed", out var completed) && completed.ValueKind == JsonValueKind.Number && completed.TryGetInt64(out var count) && count > 0;

    private async Task<Result<BatchFile>> ReadAsync(BatchJob job, BatchFile file, Counting counting, CancellationToken cancellation)
    {
        var sent = await provider.SendAsync(
            new UpstreamQuestion(job.Provider, HttpMethod.Get, $"files/{file.UpstreamId}/content", new FileNotFound(), new BatchProviderGone(job.Provider)), cancellation);
        if (sent.Failed)
        {
            return sent.Failure;
        }

        using var answer = sent.Value;
        try
        {
            await using var source = await answer.Message!.Content.ReadAsStreamAsync(answer.Watch.Token);
            using var lines = new JsonLines(source, options.Value.MaxAnswerBytes);
            while (await lines.NextAsync(answer.Watch.Token) is { } line)
            {
                answer.Watch.Progress();
                counting.Add(line);
            }

            return lines.IsTooLong ? new UpstreamInvalid(job.Provider, $"a result larger than {options.Value.MaxAnswerBytes} bytes") : file with { Bytes = lines.Bytes };
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            // Nothing of it is used: whoever looks next reads it from its beginning.
            return new UpstreamFailed(job.Provider, 0);
        }
    }

    /// <summary>Adds up the lines of results.</summary>
    private sealed class Counting(BatchJob job, Route route, ModelPrice price, double ratio, BatchTotals totals)
    {
        private readonly ModelCall _call = BatchLine.CallOf(job.Input.Endpoint) ?? throw new InvalidDataException($"'{job.Id}' is of no call");

        public void Add(ReadOnlyMemory<byte> line)
        {
            try
            {
                using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = 512 });
                AddResult(document.RootElement);
            }
            catch (Exception failure) when (failure is JsonException or InvalidOperationException or FormatException)
            {
                // What a provider sends is outside our control. The other two are what elements throw at another shape.
                AddUnread();
            }
        }

        private void AddResult(JsonElement result)
        {
            if (!result.TryGetProperty("response", out var response) || response.ValueKind != JsonValueKind.Object)
            {
                totals.Failed++;
                return;
            }

            if (response.TryGetProperty("status_code", out var status) && status.GetInt32() is < OkFrom or >= OkUntil)
            {
                totals.Failed++;
                return;
            }

            if (!response.TryGetProperty("body", out var body))
            {
                AddUnread();
                return;
            }

            using var facts = new AnswerFacts { Format = PinPrice.UsageOf(route, _call) };
            facts.CountBy(route.Model.Family, ratio);
            switch (Read(JsonMarshal.GetRawUtf8Value(body), facts))
            {
                case AnswerPiece.Invalid:
                    AddUnread();
                    break;
                case AnswerPiece.Error when facts.Reported is null:
                    // It failed after it was taken, and nothing of it is reported as used.
                    totals.Failed++;
                    break;
                default:
                    totals.Add(Charge.Of(Facts(facts)));
                    break;
            }
        }

        private AnswerPiece Read(ReadOnlySpan<byte> body, AnswerFacts facts) => _call == ModelCall.Responses
            ? route.Provider.FormatOf(_call).CreateReader().ReadWhole(body, new ChatSink(facts))
            : OpenAiAnswerReader.Read(body, facts) switch
            {
                ChunkKind.Invalid => AnswerPiece.Invalid,
                ChunkKind.Error => AnswerPiece.Error,
                _ => AnswerPiece.End,
            };

        /// <summary>Bounds of one call are not kept: those of the largest stand for each, and what all come to is compared with the reserve.</summary>
        private ChargeFacts Facts(AnswerFacts facts) => new(price, long.MaxValue, route.Model.LimitsFor(_call))
        {
            Sent = true,
            UpstreamStatus = OkFrom,
            IsWhole = true,
            IsFinished = true,
            Reported = facts.Reported,
            CountedPromptTokens = (job.Input.PromptTokensExpected + job.Input.Calls - 1) / job.Input.Calls,
            CountedCompletionTokens = facts.CountedTokens,
            PromptTokensMax = job.Input.LongestPromptTokens,
            OutputTokensMax = job.Input.OutputTokensMax,
            Choices = job.Input.ChoicesMax,
        };

        private void AddUnread() => totals.Add(new Charge(default, (job.ReservedNanoUsd + job.Input.Calls - 1) / job.Input.Calls, "rule", UsageAnomaly.Malformed.Word(), SuspendedNanoUsd: 0));
    }
}
