using System.Text;
using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;

namespace AiOrchestrator.Core.Tests.Caching.Storage;

public sealed class EntrySealTests : IDisposable
{
    private const string ContentKey = "0123456789abcdef0123456789abcdef";

    private static readonly byte[] Secret = [.. Enumerable.Range(0, 32).Select(static i => (byte)i)];
    private static readonly IdSource Ids = new(TimeProvider.System);

    private readonly CacheParts _parts = new(new ManualTime());

    public void Dispose() => _parts.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_opened_is_what_was_sealed(bool encrypts)
    {
        var seal = Seal(encrypts);
        foreach (var entry in new[] { Small(), Small() with { Question = null, Partition = null, Body = default }, Small() with { Body = Answer(200_000), Question = "ünï \uD83D\uDE00" } })
        {
            var opened = seal.Open(seal.Seal(entry));
            Assert.Equal(OpenOutcome.Opened, opened.Outcome);
            Assert.Equal(entry with { Body = default }, opened.Entry! with { Body = default });
            Assert.Equal(entry.Body.ToArray(), opened.Entry.Body.ToArray());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whatever_bit_is_changed_it_never_opens(bool encrypts)
    {
        var seal = Seal(encrypts);
        var stored = seal.Seal(Small());
        for (var at = 0; at < stored.Sealed.Length; at++)
        {
            for (var bit = 0; bit < 8; bit++)
            {
                var bytes = stored.Sealed.ToArray();
                bytes[at] ^= (byte)(1 << bit);
                Assert.Equal(new OpenedEntry(OpenOutcome.Corrupted, null), seal.Open(stored with { Sealed = bytes }));
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whatever_is_cut_off_or_added_it_never_opens(bool encrypts)
    {
        var seal = Seal(encrypts);
        var stored = seal.Seal(Small());
        for (var length = 0; length < stored.Sealed.Length; length++)
        {
            Assert.Equal(OpenOutcome.Corrupted, seal.Open(stored with { Sealed = stored.Sealed[..length] }).Outcome);
            Assert.Equal(OpenOutcome.Corrupted, seal.Open(stored with { Sealed = stored.Sealed[length..][1..] }).Outcome);
        }

        Assert.Equal(OpenOutcome.Corrupted, seal.Open(stored with { Sealed = (byte[])[.. stored.Sealed.Span, 0] }).Outcome);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whatever_column_is_changed_it_never_opens(bool encrypts)
    {
        var seal = Seal(encrypts);
        var stored = seal.Seal(Small());
        StoredCacheEntry[] changed =
        [
            stored with { Namespace = "org_2" },
            stored with { Key = "l" },
            stored with { Namespace = "org_1k", Key = "" },
            stored with { Namespace = "org_", Key = "1k" },
            stored with { Model = "openai/gpt-4" },
            stored with { ExpiresUnixMs = stored.ExpiresUnixMs + 1 },
            stored with { CostNanoUsd = stored.CostNanoUsd - 1 },
            stored with { FlushNumber = stored.FlushNumber + 1 },
            stored with { Partition = null },
            stored with { Partition = "p2" },
        ];
        Assert.Equal(8, typeof(StoredCacheEntry).GetProperties().Length);
        Assert.All(changed, c => Assert.Equal(new OpenedEntry(OpenOutcome.Corrupted, null), seal.Open(c)));
        Assert.Equal(OpenOutcome.Opened, seal.Open(stored with { }).Outcome);
    }

    [Fact]
    public void Random_bytes_never_open_and_never_throw()
    {
        var random = new Random(20_261_126);
        foreach (var seal in new[] { Seal(false), Seal(true) })
        {
            var stored = seal.Seal(Small());
            for (var i = 0; i < 2_000; i++)
            {
                var bytes = new byte[random.Next(300)];
                random.NextBytes(bytes);

                // As far as the head goes like one of its own, so that what lies behind it is looked at.
                stored.Sealed.Span[..Math.Min(bytes.Length, random.Next(10))].CopyTo(bytes);
                Assert.Equal(OpenOutcome.Corrupted, seal.Open(stored with { Sealed = bytes }).Outcome);
            }
        }
    }

    [Fact]
    public void Bytes_that_are_no_packed_entry_are_none_even_behind_a_good_seal()
    {
        var stored = Seal(false).Seal(Small());
        var packed = EntryPacking.Pack(Small());
        Assert.NotNull(EntryPacking.Unpack(stored, packed));
        for (var length = 0; length < packed.Length; length++)
        {
            Assert.Null(EntryPacking.Unpack(stored, packed.AsSpan(0, length)));
        }

        Assert.Null(EntryPacking.Unpack(stored, [255, 255, 255, 127, .. packed[4..]]));
        Assert.Null(EntryPacking.Unpack(stored, [255, 255, 255, 255, .. packed[4..]]));
    }

    [Fact]
    public void What_another_key_sealed_is_told_apart_from_what_was_damaged()
    {
        var stored = Seal(false).Seal(Small());
        EntrySeal[] others =
        [
            EntrySeal.WithTag([.. Secret[..31], 99], Ids),
            Seal(true),
            EntrySeal.WithEncryption(Secret, ContentKey + "!", Ids),
            EntrySeal.WithEncryption([.. Secret[..31], 99], ContentKey, Ids),
        ];
        Assert.All(others, other => Assert.Equal(new OpenedEntry(OpenOutcome.WrongKey, null), other.Open(stored)));
        Assert.All(others, other => Assert.Equal(OpenOutcome.WrongKey, Seal(false).Open(other.Seal(Small())).Outcome));
        Assert.All(others, other => Assert.Equal(OpenOutcome.Corrupted, other.Open(stored with { Key = "another" }).Outcome));
    }

    [Fact]
    public void What_is_encrypted_cannot_be_read_and_differs_each_time()
    {
        var seal = Seal(true);
        var entry = Small() with { Body = Encoding.UTF8.GetBytes(new string('s', 400)), Question = "a secret question" };
        var (one, other) = (seal.Seal(entry).Sealed, seal.Seal(entry).Sealed);
        Assert.NotEqual(one.ToArray(), other.ToArray());
        Assert.Equal(one.Span[..9].ToArray(), other.Span[..9].ToArray());
        Assert.NotEqual(one.Span[9..21].ToArray(), other.Span[9..21].ToArray());
        Assert.Equal(-1, one.Span.IndexOf(EntryPacking.Pack(entry).AsSpan(4, 20)));
        Assert.NotEqual(-1, Seal(false).Seal(entry).Sealed.Span.IndexOf(EntryPacking.Pack(entry).AsSpan(4, 20)));
    }

    [Fact]
    public void An_answer_takes_far_fewer_bytes_than_it_has()
    {
        var entry = Small() with { Body = Answer(2_000) };
        Assert.InRange(Seal(false).Seal(entry).Sealed.Length, 100, 1_200);
    }

    private static EntrySeal Seal(bool encrypts) => encrypts ? EntrySeal.WithEncryption(Secret, ContentKey, Ids) : EntrySeal.WithTag(Secret, Ids);

    private static byte[] Answer(int length)
    {
        var text = new StringBuilder("{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"");
        for (var i = 0; text.Length < length; i++)
        {
            text.Append("The answer to question ").Append(i * 7919).Append(" is that ").Append(i * 104_729 % 1000).Append(" of them may be carried over. ");
        }

        return Encoding.UTF8.GetBytes(text.Append("\"}}]}").ToString());
    }

    private CacheEntry Small() => _parts.Entry() with { FlushNumber = 5 };
}
