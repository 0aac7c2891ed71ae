using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway.Videos;

/// <summary>The jobs that film.</summary>
internal sealed class VideoBook(IDocumentStore documents, TimeProvider time) : JobBook<VideoJob>(documents, time, "videos", VideosJson.Default.VideoJob)
{
    protected override bool IsId(string text) => VideoJob.IsId(text);

    protected override string FirstAt(long unixMs) => VideoJob.FirstAt(unixMs);
}
