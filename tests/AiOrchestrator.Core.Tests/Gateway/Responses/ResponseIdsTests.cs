using System.Buffers.Text;
using AiOrchestrator.Core.Gateway.Responses;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;

namespace AiOrchestrator.Core.Tests.Gateway.Responses;

/// <summary>Names of stored responses: who can open which.</summary>
public sealed class ResponseIdsTests
{
    private static readonly StoredResponse Response = new("azure-eu", "resp_68a1f0c2b4d4819c9d3f6e7a8b9c0d1e2f3a4b5c6d7e8f90");
    private static readonly Caller Owner = Of("org_1", "key_1");

    private readonly MemoryDocumentStore _documents = new();

    public static TheoryData<string, string> Others => new() { { "org_1", "key_2" }, { "org_2", "key_1" }, { "org_1key", "_1" } };

    private static Caller Of(string organisation, string key) => new(organisation, new ApiKey(key, "k", organisation, "wal_1", 0, null, null));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_name_is_the_same_every_time_and_opened_by_its_owner_on_every_instance_also_after_a_restart()
    {
        var (one, other) = (await LoadedAsync(), await LoadedAsync());
        var name = one.Seal(Owner, Response);

        Assert.Equal(name, other.Seal(Of("org_1", "key_1"), Response));
        Assert.True(other.TryOpen(Of("org_1", "key_1"), name, out var opened));
        Assert.Equal(Response, opened);
        Assert.StartsWith("resp_", name, StringComparison.Ordinal);
        Assert.InRange(name.Length, 1, 128);
    }

    [Theory]
    [MemberData(nameof(Others))]
    public async Task Nobody_else_opens_it(string organisation, string key)
    {
        var ids = await LoadedAsync();
        Assert.False(ids.TryOpen(Of(organisation, key), ids.Seal(Owner, Response), out _));
    }

    [Fact]
    public async Task No_byte_of_it_can_be_another()
    {
        var ids = await LoadedAsync();
        var bytes = Base64Url.DecodeFromChars(ids.Seal(Owner, Response).AsSpan("resp_".Length));
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 1;
            Assert.False(ids.TryOpen(Owner, "resp_" + Base64Url.EncodeToString(bytes), out _), $"byte {i}");
            bytes[i] ^= 1;
        }

        Assert.True(ids.TryOpen(Owner, "resp_" + Base64Url.EncodeToString(bytes), out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("resp_")]
    [InlineData("resp_68a1f0c2b4d4819c9d3f6e7a8b9c0d1e2f3a4b5c6d7e8f90")]
    [InlineData("resp_AQ")]
    [InlineData("resp_../../files")]
    [InlineData("resp_AQEAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("resp_Äöü")]
    public async Task What_the_gateway_has_not_made_is_none(string id)
    {
        var ids = await LoadedAsync();
        Assert.False(ids.TryOpen(Owner, id, out _));
        Assert.False(ids.TryOpen(Owner, id + new string('A', 5000), out _));
    }

    [Fact]
    public async Task Another_installation_opens_none_of_them()
    {
        var name = (await LoadedAsync()).Seal(Owner, Response);
        var elsewhere = new ResponseIds(new MemoryDocumentStore(), new IdSource(TimeProvider.System), TimeProvider.System);
        await elsewhere.LoadAsync(Cancel);
        Assert.False(elsewhere.TryOpen(Owner, name, out _));
    }

    [Fact]
    public async Task The_longest_names_there_may_be_are_sealed()
    {
        var longest = new StoredResponse(new string('p', 40), new string('r', StoredResponse.MaxUpstreamIdLength));
        var ids = await LoadedAsync();
        Assert.True(StoredResponse.IsPlain(longest.UpstreamId));
        Assert.True(ids.TryOpen(Owner, ids.Seal(Owner, longest), out var opened));
        Assert.Equal(longest, opened);
        Assert.False(StoredResponse.IsPlain(longest.UpstreamId + "r"));
    }

    private async Task<ResponseIds> LoadedAsync()
    {
        var ids = new ResponseIds(_documents, new IdSource(TimeProvider.System), TimeProvider.System);
        await ids.LoadAsync(Cancel);
        return ids;
    }
}
