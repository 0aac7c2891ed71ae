using System.Text;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Conformance;

/// <summary>What every <see cref="IDocumentStore"/> does.</summary>
public abstract class DocumentStoreConformance
{
    private static readonly byte[] One = "{\"n\":1}"u8.ToArray();
    private static readonly byte[] Two = "{\"n\":2}"u8.ToArray();

    protected abstract IDocumentStore Store { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_created_document_is_read_as_it_was_written()
    {
        var written = await Store.CreateAsync("p", "a", One, Cancel);
        var read = await Store.GetAsync("p", "a", Cancel);
        Assert.Equal(DocumentOutcome.Done, written.Outcome);
        Assert.Equal("a", read!.Id);
        Assert.Equal(written.ETag, read.ETag);
        Assert.Equal(One, read.Json.ToArray());
    }

    [Fact]
    public async Task What_was_never_written_is_null() => Assert.Null(await Store.GetAsync("p", "nothing", Cancel));

    [Fact]
    public async Task Creating_twice_changes_nothing()
    {
        _ = await Store.CreateAsync("p", "a", One, Cancel);
        var again = await Store.CreateAsync("p", "a", Two, Cancel);
        Assert.Equal(new DocumentWrite(DocumentOutcome.AlreadyExists, null), again);
        Assert.Equal(One, (await Store.GetAsync("p", "a", Cancel))!.Json.ToArray());
    }

    [Fact]
    public async Task Of_two_that_create_at_once_one_succeeds()
    {
        var writes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Store.CreateAsync("p", "a", One, Cancel)));
        Assert.Equal(1, writes.Count(static w => w.Outcome == DocumentOutcome.Done));
        Assert.Equal(7, writes.Count(static w => w.Outcome == DocumentOutcome.AlreadyExists));
    }

    [Fact]
    public async Task Replacing_changes_the_tag()
    {
        var created = await Store.CreateAsync("p", "a", One, Cancel);
        var replaced = await Store.ReplaceAsync("p", "a", Two, created.ETag, Cancel);
        Assert.Equal(DocumentOutcome.Done, replaced.Outcome);
        Assert.NotEqual(created.ETag, replaced.ETag);
        Assert.Equal(Two, (await Store.GetAsync("p", "a", Cancel))!.Json.ToArray());
    }

    [Fact]
    public async Task Replacing_with_an_old_tag_changes_nothing()
    {
        var created = await Store.CreateAsync("p", "a", One, Cancel);
        _ = await Store.ReplaceAsync("p", "a", Two, ifMatch: null, Cancel);
        var late = await Store.ReplaceAsync("p", "a", One, created.ETag, Cancel);
        Assert.Equal(new DocumentWrite(DocumentOutcome.Changed, null), late);
        Assert.Equal(Two, (await Store.GetAsync("p", "a", Cancel))!.Json.ToArray());
    }

    [Fact]
    public async Task Of_two_that_replace_the_same_version_one_succeeds()
    {
        var created = await Store.CreateAsync("p", "a", One, Cancel);
        var writes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Store.ReplaceAsync("p", "a", Two, created.ETag, Cancel)));
        Assert.Equal(1, writes.Count(static w => w.Outcome == DocumentOutcome.Done));
    }

    [Fact]
    public async Task What_does_not_exist_cannot_be_replaced_or_deleted()
    {
        Assert.Equal(DocumentOutcome.NotFound, (await Store.ReplaceAsync("p", "a", One, ifMatch: null, Cancel)).Outcome);
        Assert.Equal(DocumentOutcome.NotFound, (await Store.ReplaceAsync("p", "a", One, "1", Cancel)).Outcome);
        Assert.Equal(DocumentOutcome.NotFound, await Store.DeleteAsync("p", "a", ifMatch: null, Cancel));
    }

    [Fact]
    public async Task A_deleted_document_is_gone_and_its_old_tag_never_fits_again()
    {
        var first = await Store.CreateAsync("p", "a", One, Cancel);
        Assert.Equal(DocumentOutcome.Changed, await Store.DeleteAsync("p", "a", "no such tag", Cancel));
        Assert.Equal(DocumentOutcome.Done, await Store.DeleteAsync("p", "a", first.ETag, Cancel));
        Assert.Null(await Store.GetAsync("p", "a", Cancel));

        _ = await Store.CreateAsync("p", "a", Two, Cancel);
        Assert.Equal(DocumentOutcome.Changed, await Store.DeleteAsync("p", "a", first.ETag, Cancel));
    }

    [Fact]
    public async Task Lists_in_order_of_id_bytes_page_by_page()
    {
        foreach (var id in new[] { "b", "a", "B", "a1", "é", "z" })
        {
            _ = await Store.CreateAsync("p", id, Encoding.UTF8.GetBytes($"\"{id}\""), Cancel);
        }

        var first = await Store.ListAsync("p", afterId: null, limit: 4, Cancel);
        var second = await Store.ListAsync("p", first[^1].Id, limit: 4, Cancel);
        Assert.Equal(["B", "a", "a1", "b"], first.Select(static d => d.Id));
        Assert.Equal(["z", "é"], second.Select(static d => d.Id));
    }

    [Fact]
    public async Task Partitions_are_independent()
    {
        _ = await Store.CreateAsync("p", "a", One, Cancel);
        Assert.Null(await Store.GetAsync("q", "a", Cancel));
        Assert.Empty(await Store.ListAsync("q", afterId: null, limit: 10, Cancel));
        Assert.Equal(DocumentOutcome.Done, (await Store.CreateAsync("q", "a", Two, Cancel)).Outcome);
        Assert.Equal(One, (await Store.GetAsync("p", "a", Cancel))!.Json.ToArray());
    }

    [Fact]
    public async Task A_first_mark_names_nothing()
    {
        _ = await Store.CreateAsync("p", "a", One, Cancel);
        var first = await Store.ChangesAsync(sinceMark: null, Cancel);
        Assert.Empty(first.Partitions);
        Assert.Empty((await Store.ChangesAsync(first.Mark, Cancel)).Partitions);
    }

    [Fact]
    public async Task Writes_replacements_and_deletes_show_where_they_were()
    {
        _ = await Store.CreateAsync("quiet", "a", One, Cancel);
        var mark = (await Store.ChangesAsync(sinceMark: null, Cancel)).Mark;

        var a = await Store.CreateAsync("p", "a", One, Cancel);
        _ = await Store.CreateAsync("q", "a", One, Cancel);
        mark = await NamesAsync(mark, "p", "q");
        a = await Store.ReplaceAsync("p", "a", Two, a.ETag, Cancel);
        mark = await NamesAsync(mark, "p");
        Assert.Equal(DocumentOutcome.Done, await Store.DeleteAsync("p", "a", a.ETag, Cancel));
        mark = await NamesAsync(mark, "p");
        _ = await Store.CreateAsync("p", "a", Two, Cancel);
        mark = await NamesAsync(mark, "p");
        _ = await NamesAsync(mark);
    }

    [Fact]
    public async Task Whoever_rereads_what_is_named_misses_nothing_that_is_written_meanwhile()
    {
        string[] partitions = ["p", "q", "r"];
        var mark = (await Store.ChangesAsync(sinceMark: null, Cancel)).Mark;
        var known = partitions.ToDictionary(static p => p, static _ => "", StringComparer.Ordinal);
        var writers = Task.WhenAll(Enumerable.Range(0, 6).Select(n => Task.Run(() => WriteAsync(partitions[n % 3], $"w{n}"))));
        bool done;
        do
        {
            done = writers.IsCompleted;
            var changes = await Store.ChangesAsync(mark, Cancel);
            foreach (var partition in changes.Partitions)
            {
                known[partition] = await TextAsync(partition);
            }

            mark = changes.Mark;
        }
        while (!done);
        await writers;

        foreach (var partition in partitions)
        {
            Assert.Equal(await TextAsync(partition), known[partition]);
        }
    }

    private async Task WriteAsync(string partition, string id)
    {
        for (var n = 0; n < 5; n++)
        {
            _ = await Store.CreateAsync(partition, id, One, Cancel);
            _ = await Store.ReplaceAsync(partition, id, Encoding.UTF8.GetBytes($"{{\"n\":{n}}}"), ifMatch: null, Cancel);
            if (n < 4)
            {
                _ = await Store.DeleteAsync(partition, id, ifMatch: null, Cancel);
            }
        }
    }

    private async Task<string> TextAsync(string partition) => string.Join(
        ' ', (await Store.ListAsync(partition, afterId: null, limit: 100, Cancel)).Select(static d => $"{d.Id} {Encoding.UTF8.GetString(d.Json.Span)}"));

    private async Task<string> NamesAsync(string mark, params string[] expected)
    {
        var changes = await Store.ChangesAsync(mark, Cancel);
        Assert.Equal(expected, changes.Partitions.Order(StringComparer.Ordinal));
        return changes.Mark;
    }
}
