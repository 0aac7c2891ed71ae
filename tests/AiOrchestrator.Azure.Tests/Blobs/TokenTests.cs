using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Azure.Blobs;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;

namespace AiOrchestrator.Azure.Tests.Blobs;

/// <summary>The way of production: TLS and a token, into a container that is there. The emulator reads the token's claims.</summary>
public sealed class TokenTests(TokenTests.TlsAzurite azurite) : IClassFixture<TokenTests.TlsAzurite>
{
    private const string Scope = "https://storage.azure.com/.default";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Blobs_are_reached_with_a_token_for_storage()
    {
        var credential = new TestCredential(static _ => Token("https://storage.azure.com"));
        var container = Open(credential);
        var store = new AzureBlobStore(container);
        await Assert.ThrowsAsync<RequestFailedException>(() => store.WriteAsync("a", new MemoryStream([1]), Cancel));
        await container.CreateAsync(cancellationToken: Cancel);
        await store.WriteAsync("a", new MemoryStream([1, 2, 3]), Cancel);
        await using var content = await store.OpenAsync("a", Cancel);
        Assert.NotNull(content);
        Assert.All(credential.Scopes, static scope => Assert.Equal(Scope, scope));
    }

    [Fact]
    public async Task A_token_for_something_else_is_refused()
    {
        var store = new AzureBlobStore(Open(new TestCredential(static _ => Token("https://vault.azure.net"))));
        Assert.InRange((await Assert.ThrowsAsync<RequestFailedException>(() => store.OpenAsync("a", Cancel))).Status, 401, 403);
    }

    private BlobContainerClient Open(TokenCredential credential) => BlobContainers.Open(
        new AzureOptions { BlobServiceUri = azurite.Emulator.ServiceUri.ToString() },
        credential,
        static options => options.Transport = new HttpClientTransport(TestCertificate.NewClient()));

    /// <summary>A token with the claims of a real one, and no signature.</summary>
    private static string Token(string audience)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = JsonSerializer.Serialize(new { aud = audience, iss = "https://sts.windows.net/00000000-aaaa-bbbb-cccc-000000000001/", iat = now - 60, nbf = now - 60, exp = now + 3600 });
        return $"{Part("{\"alg\":\"RS256\",\"typ\":\"JWT\"}")}.{Part(claims)}.{Part("signature")}";

        static string Part(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>The emulator over TLS, refusing whoever has no token.</summary>
    public sealed class TlsAzurite : IAsyncLifetime
    {
        private readonly string _directory = Directory.CreateTempSubdirectory("ao-azurite-").FullName;

        /// <summary>The emulator.</summary>
        public Azurite Emulator { get; private set; } = null!;

        /// <inheritdoc/>
        public async ValueTask InitializeAsync()
        {
            var (certificate, key) = (Path.Combine(_directory, "cert.pem"), Path.Combine(_directory, "key.pem"));
            await File.WriteAllTextAsync(certificate, TestCertificate.Server.ExportCertificatePem());
            await File.WriteAllTextAsync(key, TestCertificate.KeyPem);
            Emulator = new Azurite(["--oauth", "basic", "--cert", certificate, "--key", key]);
            await Emulator.InitializeAsync();
        }

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            await Emulator.DisposeAsync();
            Directory.Delete(_directory, recursive: true);
        }
    }
}
