using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>A file that lies at its provider.</summary>
/// <param name="File">As it is known from here on.</param>
/// <param name="Dropped">Members of its calls that were left out because the provider refuses them.</param>
internal sealed record UploadedFile(StoredFile File, IReadOnlyCollection<string> Dropped);

/// <summary>
/// Sends a file that was put aside to the provider that serves its calls, once each of its lines has passed, and writes down where it lies. Costs nothing:
/// what its calls may cost is held when a batch is made of it.
/// </summary>
internal sealed class UploadFile(
    IBlobStore blobs, CheckInput check, AskProvider provider, FileBook files, IdSource ids, IOptions<GatewayOptions> options, ILogger<UploadFile> log)
{
    /// <summary>The file as it is known from here on.</summary>
    /// <param name="caller">Whose it is.</param>
    /// <param name="upload">What was read of the form.</param>
    /// <param name="blob">Where the file was put.</param>
    /// <param name="begin">Begins a call that is only looked at.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    public async Task<Result<UploadedFile>> ExecuteAsync(
        Caller caller, Upload upload, string blob, Func<ModelCall, Exchange> begin, CancellationToken cancellation)
    {
        if (upload.Purpose != StoredFile.BatchPurpose)
        {
            return new UnsupportedPurpose(upload.Purpose);
        }

        Result<CheckedInput> input;
        await using (var source = await OpenAsync(blob, cancellation))
        {
            input = await check.ExecuteAsync(source, begin, cancellation);
        }

        return input.Failed ? input.Failure : await SendAsync(caller, upload, blob, input.Value, cancellation);
    }

    private async Task<Result<UploadedFile>> SendAsync(Caller caller, Upload upload, string blob, CheckedInput input, CancellationToken cancellation)
    {
        var at = input.Route.Provider.Id;
        using var content = new InputContent(token => OpenAsync(blob, token), input, upload, ids.NewId("form"), CheckInput.MaxLineBytesOf(options.Value));
        var sent = await provider.ReadAsync(
            new UpstreamQuestion(at, HttpMethod.Post, "files", new BatchesNotServed(input.Input.Model), new FileProviderGone(at)) { Content = content }, cancellation);
        if (sent.Failed)
        {
            return sent.Failure;
        }

        using var answer = sent.Value;
        if (AskProvider.IdIn(answer.RootElement) is not { } id)
        {
            return new UpstreamInvalid(at, "an answer that does not name the file");
        }

        var file = new StoredFile(StoredFile.NewId(ids), caller.OrganisationId, caller.Key!.Id, at, id, upload.Purpose) { Input = input.Input }
            .Seen(answer.RootElement, upload.Bytes);
        try
        {
            await files.CreateAsync(file, CancellationToken.None);
        }
        catch (Exception failure)
        {
            // Told to the caller as a fault of ours: the file is not theirs and costs nothing. Whoever runs this may have it deleted.
            log.LogError(failure, "A file is lost to its caller: it is {UpstreamId} at {Provider}", file.UpstreamId, at);
            throw;
        }

        return new UploadedFile(file, input.Dropped);
    }

    private async Task<Stream> OpenAsync(string blob, CancellationToken cancellation) =>
        await blobs.OpenAsync(blob, cancellation) ?? throw new IOException($"what was put aside as '{blob}' is gone");
}
