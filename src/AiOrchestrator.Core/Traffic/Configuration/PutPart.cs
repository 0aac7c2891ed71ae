using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Traffic.Configuration;

/// <summary>Writes a thing whose id is given: whoever puts it does not ask whether it is there.</summary>
internal static class PutPart
{
    /// <summary>Makes it, or puts it in the place of the one with its id.</summary>
    /// <typeparam name="TStored">As it is stored.</typeparam>
    /// <typeparam name="TCompiled">What all come to.</typeparam>
    /// <param name="directory">Where it lies.</param>
    /// <param name="organisationId">Whose it is.</param>
    /// <param name="id">Its id.</param>
    /// <param name="value">The thing.</param>
    /// <param name="allows">Whether the caller wants to change the document with this tag; of one that is not there the tag is empty.</param>
    /// <param name="cancellation">Gives up; then it may have been written or not.</param>
    public static async Task<Result<Part<TStored>>> PutAsync<TStored, TCompiled>(
        this PartDirectory<TStored, TCompiled> directory, string organisationId, string id, TStored value, Func<string, bool> allows, CancellationToken cancellation)
        where TStored : class
        where TCompiled : class
    {
        if (directory.Find(organisationId, id) is not null)
        {
            return await directory.ReplaceAsync(organisationId, id, _ => value, allows, cancellation);
        }

        if (!allows(""))
        {
            return new PreconditionFailed();
        }

        var created = await directory.CreateAsync(organisationId, value, cancellation);

        // Another instance made it since this one read: its document is replaced as any other.
        return created.Failure is PartExists ? await directory.ReplaceAsync(organisationId, id, _ => value, allows, cancellation) : created;
    }
}
