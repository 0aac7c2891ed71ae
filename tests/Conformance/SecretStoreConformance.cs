using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Conformance;

/// <summary>What every <see cref="ISecretStore"/> does.</summary>
public abstract class SecretStoreConformance
{
    protected abstract ISecretStore Store { get; }

    /// <summary>A reference that leads to this secret.</summary>
    protected abstract Task<string> PlaceAsync(string secret);

    /// <summary>A reference the store understands and that leads nowhere.</summary>
    protected abstract string Nowhere { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Resolves_what_was_placed()
    {
        var reference = await PlaceAsync("sk-secret-1");
        Assert.True(Store.Understands(reference));
        Assert.Equal("sk-secret-1", await Store.GetAsync(reference, Cancel));
    }

    [Fact]
    public async Task A_reference_that_leads_nowhere_is_null()
    {
        Assert.True(Store.Understands(Nowhere));
        Assert.Null(await Store.GetAsync(Nowhere, Cancel));
    }

    [Theory]
    [InlineData("")]
    [InlineData("sk-a-secret-pasted-by-mistake")]
    [InlineData("unknown:thing")]
    public async Task Other_schemes_are_not_understood(string reference)
    {
        Assert.False(Store.Understands(reference));
        Assert.Null(await Store.GetAsync(reference, Cancel));
    }
}
