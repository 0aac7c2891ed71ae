using AiOrchestrator.Azure.Secrets;
using AiOrchestrator.Core.Platform;
using Azure.Core;
using Azure.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace AiOrchestrator.Azure.Tests.KeyVault;

/// <summary>Tokens of the process's own identity as secrets, with a credential that keeps tokens as Azure.Identity does.</summary>
public sealed class EntraSecretStoreTests
{
    private const string Reference = "entra:https://cognitiveservices.azure.com/.default";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_is_kept_and_asked_for_again_in_its_last_ten_minutes()
    {
        var time = new StoppedTime();
        var credential = new KeepingCredential(time);
        var store = new EntraSecretStore(credential, time, NullLogger<EntraSecretStore>.Instance);

        Assert.Equal("token-1", await store.GetAsync(Reference, Cancel));
        time.Now += TimeSpan.FromMinutes(50);
        Assert.Equal(("token-1", 1, false), (await store.GetAsync(Reference, Cancel), credential.Asked, store.AreEnding));
        time.Now += TimeSpan.FromSeconds(1);
        Assert.True(store.AreEnding);
        Assert.Equal(("token-1", 2), (await store.GetAsync(Reference, Cancel), credential.Asked));
        time.Now += TimeSpan.FromMinutes(5);
        Assert.Equal(("token-2", false), (await store.GetAsync(Reference, Cancel), store.AreEnding));
        Assert.Equal("https://cognitiveservices.azure.com/.default", credential.Scope);
    }

    [Fact]
    public async Task Asked_every_minute_near_its_end_a_token_in_use_has_three_minutes_left_at_least()
    {
        var time = new StoppedTime();
        var store = new EntraSecretStore(new KeepingCredential(time), time, NullLogger<EntraSecretStore>.Instance);
        var got = time.Now;
        var token = await store.GetAsync(Reference, Cancel);
        for (var minute = 0; minute < 300; minute++)
        {
            time.Now += TimeSpan.FromMinutes(1);
            if (store.AreEnding && await store.GetAsync(Reference, Cancel) is var now && now != token)
            {
                (token, got) = (now, time.Now);
            }

            Assert.True(time.Now - got <= TimeSpan.FromMinutes(57), $"minute {minute}");
        }
    }

    [Fact]
    public async Task While_none_is_to_be_had_the_last_is_used_until_its_end()
    {
        var time = new StoppedTime();
        var credential = new KeepingCredential(time);
        var store = new EntraSecretStore(credential, time, NullLogger<EntraSecretStore>.Instance);
        await store.GetAsync(Reference, Cancel);
        credential.IsAway = true;

        time.Now += TimeSpan.FromMinutes(59);
        Assert.Equal("token-1", await store.GetAsync(Reference, Cancel));
        time.Now += TimeSpan.FromMinutes(1);
        await Assert.ThrowsAsync<AuthenticationFailedException>(async () => await store.GetAsync(Reference, Cancel));
    }

    [Theory]
    [InlineData("entra:")]
    [InlineData("entra:cognitiveservices")]
    [InlineData("entra:https://cognitiveservices.azure.com")]
    [InlineData("env:NAME")]
    [InlineData("")]
    public async Task What_names_no_scope_is_not_understood(string reference)
    {
        var store = new EntraSecretStore(new NoCredential(), TimeProvider.System, NullLogger<EntraSecretStore>.Instance);

        Assert.False(store.Understands(reference));
        Assert.Null(await store.GetAsync(reference, Cancel));
    }

    [Theory]
    [InlineData("")]
    [InlineData("https://v.vault.azure.net")]
    public async Task It_is_one_of_the_stores_of_the_head_with_a_vault_and_without(string vault)
    {
        await using var services = new ServiceCollection().AddLogging().AddSingleton<TokenCredential>(new TestCredential())
            .AddAzureStorage(new AzureOptions { CosmosEndpoint = "https://a.documents.azure.com", VaultUri = vault }).BuildServiceProvider();
        var secrets = services.GetRequiredService<ISecretStore>();

        Assert.Equal(TestCredential.TokenOf(Reference[6..]), await secrets.GetAsync(Reference, Cancel));
        Assert.True(secrets.Understands("env:NAME"));
    }

    private sealed class StoppedTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }

    /// <summary>Gives tokens of an hour, and the same one until five minutes before its end.</summary>
    private sealed class KeepingCredential(TimeProvider time) : TokenCredential
    {
        private int _number;
        private DateTimeOffset _ends;

        public int Asked { get; private set; }

        public string? Scope { get; private set; }

        public bool IsAway { get; set; }

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Asked++;
            Scope = Assert.Single(requestContext.Scopes);
            if (IsAway)
            {
                throw new AuthenticationFailedException("away");
            }

            if (_ends - time.GetUtcNow() <= TimeSpan.FromMinutes(5))
            {
                _number++;
                _ends = time.GetUtcNow() + TimeSpan.FromHours(1);
            }

            return new AccessToken($"token-{_number}", _ends);
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }
}
