using System.Globalization;
using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Server.Storage;

/// <summary>
/// Blobs as files: the segments of a name are folders, its last one the file. A file is written aside and renamed, so a reader sees one
/// whole version, the one it opened, and a power cut leaves no half.
/// </summary>
internal sealed class DirectoryBlobStore : IBlobStore
{
    /// <summary>Where files are until they are whole. No blob lies there: a name has no segment that begins with a dot.</summary>
    private const string AsideFolder = ".aside";

    private readonly string _root;
    private readonly string _aside;
    private long _lastAside;

    /// <summary>Creates the directory if need be, and removes what a process left behind that ended while it wrote.</summary>
    /// <exception cref="StorageException">The directory cannot be created or written.</exception>
    public DirectoryBlobStore(string directory)
    {
        _root = Path.GetFullPath(directory);
        _aside = Path.Combine(_root, AsideFolder);
        try
        {
            foreach (var left in Directory.CreateDirectory(_aside).EnumerateFiles())
            {
                left.Delete();
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The directory {_root} cannot be used for blobs: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public async Task WriteAsync(string name, Stream content, CancellationToken cancellation)
    {
        var path = PathOf(name);
        var aside = Aside();
        try
        {
            await using (var file = new FileStream(aside, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true))
            {
                await content.CopyToAsync(file, cancellation);
                file.Flush(flushToDisk: true);
            }

            _ = Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Move(aside, path, overwrite: true);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<Stream?> OpenAsync(string name, CancellationToken cancellation)
    {
        var path = PathOf(name);
        try
        {
            return Task.FromResult<Stream?>(new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 4096, useAsync: true));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException || Directory.Exists(path))
        {
            // A folder cannot be opened, and is no blob.
            return Task.FromResult<Stream?>(null);
        }
    }

    /// <inheritdoc/>
    public Task<bool> DeleteAsync(string name, CancellationToken cancellation)
    {
        var path = PathOf(name);
        if (!File.Exists(path))
        {
            return Task.FromResult(false);
        }

        var aside = Aside();
        try
        {
            // Of two that delete at once, one finds the file to rename: deleting itself would tell both that they did.
            File.Move(path, aside);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult(false);
        }

        File.Delete(aside);
        return Task.FromResult(true);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<BlobInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        _ = BlobName.CheckPrefix(prefix);
        var folder = new DirectoryInfo(Path.Combine(_root, Local(prefix[..(prefix.LastIndexOf('/') + 1)])));
        if (!folder.Exists)
        {
            yield break;
        }

        // Folders sort otherwise than names do ('-' and '.' come before '/'), so the order is made of whole names.
        var found = await Task.Run(() => Find(folder, prefix, cancellation), cancellation);
        foreach (var blob in found)
        {
            yield return blob;
        }
    }

    private static string Local(string name) => name.Replace('/', Path.DirectorySeparatorChar);

    private string PathOf(string name) => Path.Combine(_root, Local(BlobName.Check(name)));

    private string Aside() => Path.Combine(_aside, Interlocked.Increment(ref _lastAside).ToString(CultureInfo.InvariantCulture));

    private List<BlobInfo> Find(DirectoryInfo folder, string prefix, CancellationToken cancellation)
    {
        var found = new List<BlobInfo>();
        foreach (var file in folder.EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }))
        {
            cancellation.ThrowIfCancellationRequested();
            var name = Path.GetRelativePath(_root, file.FullName).Replace(Path.DirectorySeparatorChar, '/');
            if (!name.StartsWith(prefix, StringComparison.Ordinal) || !BlobName.IsValid(name))
            {
                continue;
            }

            try
            {
                found.Add(new BlobInfo(name, file.Length, new DateTimeOffset(file.LastWriteTimeUtc).ToUnixTimeMilliseconds()));
            }
            catch (FileNotFoundException)
            {
                // Safe: it was deleted since the folder was read, and is no blob any more.
                continue;
            }
        }

        found.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return found;
    }
}
