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
    private const int Attempts = 3, MaxIdLength = 256;

    /// <summary>The answer as the caller sees it.</summary>
    public async Task<Result<byte[]>> RunAsync(Exchange exchange, ReadOnlyMemory<byte> answer)
    {
        var provider = exchange.Route!.Provider.Id;
        using var document = JsonDocument.Parse(answer);
        if (!document.RootElement.TryGetProperty("id", out var id) || id.ValueKind != JsonValueKind.String || !IsPlain(id.GetString()!))
        {
            return new UpstreamInvalid(provider, "an answer that does not name the video");
        }

        var facts = exchange.AnswerFacts;
        var job = new VideoJob(
            VideoJob.IdOf(exchange.Id), exchange.Caller.OrganisationId, exchange.Caller.Key!.Id, provider, exchange.Route.Model.Id, id.GetString()!)
        {
            Size = facts.ImageSize ?? exchange.Source?.Size ?? exchange.Request.Media.Size ?? OpenAiVideoReader.DefaultSize,
            LengthMs = MediaUse.Units(exchange)[0].QuantityMilli,
            CreatedUnixMs = exchange.Arrived.ToUnixTimeMilliseconds(),
            RemixedFrom = exchange.Source?.Id,
        }.Seen(document.RootElement);
        return await TryKeepAsync(job) ? JsonSerializer.SerializeToUtf8Bytes(job.Answer, VideosJson.Default.JsonElement) : new VideoNotKept();
    }

    private async Task<bool> TryKeepAsync(VideoJob job)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                // Whoever asked may have gone: the job is there all the same.
                await book.CreateAsync(job, CancellationToken.None);
                return true;
            }
            catch (Exception failure) when (attempt < Attempts)
            {
                // Safe: what is written twice changes nothing.
                log.LogWarning(failure, "{VideoId} could not be written down at once", job.Id);
            }
            catch (Exception failure)
            {
                // The one place its name is left; the call is charged as any that breaks off after the provider took it.
                log.LogCritical(failure, "{VideoId} is lost to its caller: it is {UpstreamId} at {Provider}", job.Id, job.UpstreamId, job.Provider);
                return false;
            }
        }
    }

    /// <summary>It becomes a part of a path.</summary>
    private static bool IsPlain(string id) => id.Length is > 0 and <= MaxIdLength && char.IsAsciiLetterOrDigit(id[0]) && id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
}
