using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.OpenAi;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Gateway.Videos;

/// <summary>
/// Writes down the job a provider has taken, before the call is settled and its caller is told: who has a name for it can find it. What cannot be written
/// down is charged all the same, for the provider charges it, and logged with the provider's name for it.
/// </summary>
internal sealed class KeepVideo(VideoBook book, ILogger<KeepVideo> log)
{
    /// <summary>The answer as the caller sees it.</summary>
    public async Task<Result<byte[]>> RunAsync(Exchange exchange, ReadOnlyMemory<byte> answer)
    {
        var provider = exchange.Route!.Provider.Id;
        using var document = JsonDocument.Parse(answer);
        if (AskProvider.IdIn(document.RootElement) is not { } id)
        {
            return new UpstreamInvalid(provider, "an answer that does not name the video");
        }

        var facts = exchange.AnswerFacts;
        var job = new VideoJob(
            VideoJob.IdOf(exchange.Id), exchange.Caller.OrganisationId, exchange.Caller.Key!.Id, provider, exchange.Route.Model.Id, id)
        {
            Size = facts.ImageSize ?? exchange.Source?.Size ?? exchange.Request.Media.Size ?? OpenAiVideoReader.DefaultSize,
            LengthMs = MediaUse.Units(exchange)[0].QuantityMilli,
            CreatedUnixMs = exchange.Arrived.ToUnixTimeMilliseconds(),
            RemixedFrom = exchange.Source?.Id,
        }.Seen(document.RootElement);
        return await WriteDown.TryAsync(
            // Whoever asked may have gone: the job is there all the same.
            () => book.CreateAsync(job, CancellationToken.None),
            failure => log.LogWarning(failure, "{VideoId} could not be written down at once", job.Id),
            failure => log.LogCritical(failure, "{VideoId} is lost to its caller: it is {UpstreamId} at {Provider}", job.Id, job.UpstreamId, job.Provider))
            ? JsonSerializer.SerializeToUtf8Bytes(job.Answer, VideosJson.Default.JsonElement)
            : new VideoNotKept();
    }
}
