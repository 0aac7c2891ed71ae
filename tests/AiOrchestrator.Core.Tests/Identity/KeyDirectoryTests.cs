using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;

namespace AiOrchestrator.Core.Tests.Identity;

public sealed class KeyDirectoryTests : IDisposable
{
    private const string Organisation = "org_1";
    private const string Secret = "sk-ao-0123456789abcdefghij";
    private readonly MemoryDocumentStore _documents = new();
    private readonly ManualTime _time = new();
    private readonly KeyDirectory _keys;

    public KeyDirectoryTests() => _keys = new KeyDirectory(_documents, _time);

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Nothing_is_missing() => Assert.Equal(KeyOutcome.Missing, _keys.Find("").Outcome);

    [Theory]
    [InlineData("0123456789abcdefghi")]
    [InlineData("0123456789 abcdefghij")]
    [InlineData("0123456789\u0000abcdefghij")]
    [InlineData("0123456789äabcdefghij")]
    [InlineData("0123456789\u007fabcdefghij")]
    public void What_no_key_can_be_is_malformed(string secret) => Assert.Equal(KeyOutcome.Malformed, _keys.Find(secret).Outcome);

    [Fact]
    public void A_key_has_at_most_512_characters()
    {
        Assert.Equal(KeyOutcome.Unknown, _keys.Find(new string('k', 512)).Outcome);
        Assert.Equal(KeyOutcome.Malformed, _keys.Find(new string('k', 513)).Outcome);
    }

    [Fact]
    public async Task Each_outcome_is_told_apart()
    {
        await StoreAsync("key_live", "live-" + Secret);
        await StoreAsync("key_expired", "expired-" + Secret, expires: _time.UnixMs);
        await StoreAsync("key_revoked", "revoked-" + Secret, revoked: 1, expires: 1);
        await _keys.LoadAsync(CancellationToken.None);

        Assert.Equal(KeyOutcome.Unknown, _keys.Find(Secret).Outcome);
        Assert.Equal(KeyOutcome.Expired, _keys.Find("expired-" + Secret).Outcome);
        Assert.Equal(KeyOutcome.Revoked, _keys.Find("revoked-" + Secret).Outcome);
        var live = _keys.Find("live-" + Secret);
        Assert.Equal((KeyOutcome.Live, "key_live", Organisation), (live.Outcome, live.Caller!.Key!.Id, live.Caller.OrganisationId));
        Assert.Same(live.Caller, _keys.Find("live-" + Secret).Caller);
    }

    [Fact]
    public async Task A_key_ends_at_its_very_moment()
    {
        await StoreAsync("key_a", Secret, expires: _time.UnixMs + 1000);
        await _keys.LoadAsync(CancellationToken.None);

        _time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(KeyOutcome.Live, _keys.Find(Secret).Outcome);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(KeyOutcome.Expired, _keys.Find(Secret).Outcome);
    }

    [Fact]
    public void The_admin_key_is_the_last_one_given()
    {
        _keys.UseAdminKey("first-admin-key-0000000", Organisation);
        _keys.UseAdminKey("second-admin-key-000000", Organisation);

        Assert.Equal(KeyOutcome.Unknown, _keys.Find("first-admin-key-0000000").Outcome);
        Assert.True(_keys.Find("second-admin-key-000000").Caller!.IsAdmin);
    }

    [Fact]
    public async Task A_lookup_allocates_nothing()
    {
        await StoreAsync("key_a", Secret);
        await _keys.LoadAsync(CancellationToken.None);
        _keys.UseAdminKey("first-admin-key-0000000", Organisation);
        for (var i = 0; i < 1000; i++)
        {
            _ = _keys.Find(Secret);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            _ = _keys.Find(Secret);
            _ = _keys.Find("sk-ao-nobody-has-this-one-here");
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private async Task StoreAsync(string id, string secret, long? expires = null, long? revoked = null)
    {
        Assert.True(KeyHash.TryCompute(secret, out var hash));
        await _documents.CreateAsync(
            IdentityPartitions.Organisations,
            Organisation,
            StoredDocuments.Bytes(new StoredOrganisation(Organisation, "Default", 0), IdentityJson.Default.StoredOrganisation),
            CancellationToken.None);
        var write = await _documents.CreateAsync(
            IdentityPartitions.Keys(Organisation),
            id,
            StoredDocuments.Bytes(new StoredKey(id, id, "wal_1", hash.ToHex(), 0, expires, revoked), IdentityJson.Default.StoredKey),
            CancellationToken.None);
        Assert.Equal(DocumentOutcome.Done, write.Outcome);
    }
}
