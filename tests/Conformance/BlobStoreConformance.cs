using System.Text;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Conformance;

/// <summary>What every <see cref="IBlobStore"/> does.</summary>
public abstract class BlobStoreConformance
{
    protected abstract IBlobStore Store { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_blob_is_read_as_it_was_written()
    {
        await WriteAsync("exports/2026-11/usage.csv", "a,b\n1,2\n");
        Assert.Equal("a,b\n1,2\n"u8.ToArray(), await ReadAsync("exports/2026-11/usage.csv"));
    }

    [Fact]
    public async Task What_was_never_written_is_null()
    {
        Assert.Null(await Store.OpenAsync("nothing", Cancel));
        Assert.Null(await Store.OpenAsync("no/such/folder", Cancel));
    }

    [Fact]
    public async Task A_folder_is_no_blob()
    {
        await WriteAsync("folder/blob", "x");
        Assert.Null(await Store.OpenAsync("folder", Cancel));
        Assert.Null(await Store.OpenAsync("folder/blob/below", Cancel));
        Assert.False(await Store.DeleteAsync("folder", Cancel));
        Assert.False(await Store.DeleteAsync("folder/blob/below", Cancel));
    }

    [Fact]
    public async Task Writing_again_replaces_the_whole()
    {
        await WriteAsync("a", "the first and longer one");
        await WriteAsync("a", "second");
        Assert.Equal("second"u8.ToArray(), await ReadAsync("a"));
        Assert.Equal(6, Assert.Single(await ListAsync("")).SizeBytes);
    }

    [Fact]
    public async Task An_empty_blob_is_one()
    {
        await WriteAsync("empty", "");
        Assert.Empty((await ReadAsync("empty"))!);
        Assert.Equal(0, Assert.Single(await ListAsync("")).SizeBytes);
    }

    /// <summary>Larger than what any adapter sends or reads at once.</summary>
    [Fact]
    public async Task A_large_blob_keeps_every_byte()
    {
        var content = new byte[9 << 20];
        for (var i = 0; i < content.Length; i++)
        {
            content[i] = (byte)(((i * 31L) ^ (i >> 12)) & 0xFF);
        }

        await Store.WriteAsync("large", new OneWay(content), Cancel);
        var read = await ReadAsync("large");
        Assert.True(content.AsSpan().SequenceEqual(read));
        Assert.Equal(content.Length, Assert.Single(await ListAsync("large")).SizeBytes);
    }

    [Fact]
    public async Task A_write_begins_where_its_stream_stands()
    {
        using var content = new MemoryStream("0123456789"u8.ToArray());
        content.Position = 4;
        await Store.WriteAsync("a", content, Cancel);
        Assert.Equal("456789"u8.ToArray(), await ReadAsync("a"));
    }

    [Fact]
    public async Task A_write_that_fails_half_way_leaves_what_was_there()
    {
        await WriteAsync("a", "before");
        await Assert.ThrowsAnyAsync<Exception>(() => Store.WriteAsync("a", new OneWay(new byte[6 << 20], failAtEnd: true), Cancel));
        await Assert.ThrowsAnyAsync<Exception>(() => Store.WriteAsync("new", new OneWay(new byte[6 << 20], failAtEnd: true), Cancel));
        Assert.Equal("before"u8.ToArray(), await ReadAsync("a"));
        Assert.Null(await Store.OpenAsync("new", Cancel));
        Assert.Equal(["a"], (await ListAsync("")).Select(static b => b.Name));
    }

    [Fact]
    public async Task Of_many_that_write_at_once_one_is_there_whole()
    {
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Store.WriteAsync("a", new OneWay([.. Enumerable.Repeat((byte)i, 50_000)]), Cancel)));
        var content = await ReadAsync("a");
        Assert.Equal(50_000, content!.Length);
        Assert.Single(content.Distinct());
    }

    [Fact]
    public async Task Deleting_says_whether_there_was_one()
    {
        await WriteAsync("folder/a", "x");
        Assert.True(await Store.DeleteAsync("folder/a", Cancel));
        Assert.False(await Store.DeleteAsync("folder/a", Cancel));
        Assert.Null(await Store.OpenAsync("folder/a", Cancel));
        Assert.Empty(await ListAsync(""));
        await WriteAsync("folder/a", "again");
        Assert.Equal("again"u8.ToArray(), await ReadAsync("folder/a"));
    }

    [Fact]
    public async Task Of_many_that_delete_at_once_one_did()
    {
        await WriteAsync("a", "x");
        var deleted = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Store.DeleteAsync("a", Cancel)));
        Assert.Single(deleted, static d => d);
    }

    [Fact]
    public async Task A_list_is_in_order_of_the_bytes_of_names()
    {
        string[] names = ["a-b/c", "a.b", "a/b", "a/B", "a/b-c", "a0", "Z", "a_b"];
        foreach (var name in names)
        {
            await WriteAsync(name, "x");
        }

        Assert.Equal(["Z", "a-b/c", "a.b", "a/B", "a/b", "a/b-c", "a0", "a_b"], (await ListAsync("")).Select(static b => b.Name));
    }

    [Fact]
    public async Task A_list_holds_what_begins_with_the_prefix_and_nothing_else()
    {
        foreach (var name in (string[])["dead-letters/2026-11-24/0-1.json", "dead-letters/2026-11-25/0-2.json", "dead-letters/2026-11-25/1-1.json", "exports/x"])
        {
            await WriteAsync(name, "{}");
        }

        Assert.Equal(["dead-letters/2026-11-25/0-2.json", "dead-letters/2026-11-25/1-1.json"], (await ListAsync("dead-letters/2026-11-25/")).Select(static b => b.Name));
        Assert.Equal(3, (await ListAsync("dead-letters/2026-11-2")).Count);
        Assert.Equal(["exports/x"], (await ListAsync("exports/x")).Select(static b => b.Name));
        Assert.Empty(await ListAsync("exports/x/"));
        Assert.Empty(await ListAsync("nothing/here"));
    }

    [Fact]
    public async Task A_list_tells_when_a_blob_was_written()
    {
        await WriteAsync("a", "x");
        var changed = DateTimeOffset.FromUnixTimeMilliseconds(Assert.Single(await ListAsync("a")).ChangedUnixMs);
        Assert.InRange(changed, DateTimeOffset.UtcNow.AddMinutes(-10), DateTimeOffset.UtcNow.AddMinutes(10));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("/absolute")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData(".hidden")]
    [InlineData("a/.tmp")]
    [InlineData("a.")]
    [InlineData("back\\slash")]
    [InlineData("a b")]
    [InlineData("naïve")]
    [InlineData("a?b")]
    [InlineData("a%2e%2e")]
    public async Task What_is_no_name_is_refused(string name)
    {
        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync(name, "x"));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.OpenAsync(name, Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => Store.DeleteAsync(name, Cancel));
        Assert.Empty(await ListAsync(""));
    }

    [Theory]
    [InlineData("../")]
    [InlineData("/")]
    [InlineData("a/..")]
    [InlineData("*")]
    public async Task What_begins_no_name_is_refused(string prefix) => await Assert.ThrowsAsync<ArgumentException>(() => ListAsync(prefix));

    [Fact]
    public async Task The_longest_name_works()
    {
        var name = new string('n', BlobName.MaxLength);
        await WriteAsync(name, "x");
        Assert.Equal(name, Assert.Single(await ListAsync(name)).Name);
        await Assert.ThrowsAsync<ArgumentException>(() => WriteAsync(name + "n", "x"));
    }

    private Task WriteAsync(string name, string content) => Store.WriteAsync(name, new MemoryStream(Encoding.ASCII.GetBytes(content)), Cancel);

    private async Task<byte[]?> ReadAsync(string name)
    {
        await using var content = await Store.OpenAsync(name, Cancel);
        if (content is null)
        {
            return null;
        }

        using var copy = new MemoryStream();
        await content.CopyToAsync(copy, Cancel);
        return copy.ToArray();
    }

    private async Task<List<BlobInfo>> ListAsync(string prefix)
    {
        var all = new List<BlobInfo>();
        await foreach (var blob in Store.ListAsync(prefix, Cancel))
        {
            all.Add(blob);
        }

        return all;
    }

    /// <summary>A stream as the network gives one: it cannot be rewound, does not know its length, comes in pieces, and may break off.</summary>
    private sealed class OneWay(byte[] content, bool failAtEnd = false) : Stream
    {
        private int _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_at == content.Length && failAtEnd)
            {
                throw new IOException("the source breaks off");
            }

            var length = Math.Min(Math.Min(count, 60_000), content.Length - _at);
            content.AsSpan(_at, length).CopyTo(buffer.AsSpan(offset));
            _at += length;
            return length;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
