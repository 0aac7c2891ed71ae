using System.Collections.Concurrent;
using System.Net;
using Azure.Core.Pipeline;
using Azure.Security.KeyVault.Secrets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Azure.Tests.KeyVault;

/// <summary>
/// The part of a vault's REST surface that reads secrets, over TLS: <c>GET /secrets/NAME</c>, its challenge to whoever comes without a token,
/// and its ways to refuse. See "Get Secret" and "Authentication, requests and responses" in the service's documentation.
/// </summary>
internal sealed class VaultEmulation : IAsyncDisposable
{
    /// <summary>What tokens for any vault are issued to.</summary>
    public const string Scope = "https://vault.azure.net/.default";

    public const string Tenant = "00000000-aaaa-bbbb-cccc-000000000001";

    private readonly ConcurrentDictionary<string, List<string>> _secrets = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, bool> _disabled = new(StringComparer.OrdinalIgnoreCase);
    private WebApplication _app = null!;
    private int _reads;
    private int _challenges;
    private int _throttled;

    /// <summary>Requests with a token that arrived, whatever became of them.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>Requests that came without one.</summary>
    public int Challenges => Volatile.Read(ref _challenges);

    /// <summary>How many of the next requests are told to come again after a moment.</summary>
    public int Throttle
    {
        set => Volatile.Write(ref _throttled, value);
    }

    /// <summary>Cuts every connection, as a network that is down does.</summary>
    public bool Down { get; set; }

    /// <summary>Answers every request with this status; 0: as usual.</summary>
    public int Status { get; set; }

    /// <summary>What a request waits for before it is answered.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Address of the vault.</summary>
    public Uri Address { get; private set; } = null!;

    public static async Task<VaultEmulation> StartAsync()
    {
        var vault = new VaultEmulation();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(static o => o.Listen(IPAddress.Loopback, 0, static l => l.UseHttps(TestCertificate.Server)));
        vault._app = builder.Build();
        vault._app.Run(vault.HandleAsync);
        await vault._app.StartAsync();
        vault.Address = new Uri(vault._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return vault;
    }

    /// <summary>Adds a version, which is the newest from now on.</summary>
    public void Put(string name, string value)
    {
        var versions = _secrets.GetOrAdd(name, static _ => []);
        lock (versions)
        {
            versions.Add(value);
        }
    }

    public void Delete(string name) => _secrets.TryRemove(name, out _);

    public void Disable(string name) => _disabled[name] = true;

    /// <summary>The SDK's client, with its whole pipeline, over a connection that trusts the emulation.</summary>
    public SecretClient NewClient(TestCredential credential) =>
        Secrets.VaultClients.Open(new AzureOptions { VaultUri = Address.ToString() }, credential, static options =>
        {
            options.Transport = new HttpClientTransport(TestCertificate.NewClient());

            // A real vault's address ends in the name that its challenge asks a token for; this machine's cannot.
            options.DisableChallengeResourceVerification = true;
            options.Retry.Delay = TimeSpan.FromMilliseconds(1);
            options.Retry.MaxDelay = TimeSpan.FromMilliseconds(1);
        });

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        if (Down)
        {
            context.Abort();
            return;
        }

        if (context.Request.Headers.Authorization != "Bearer " + TestCredential.TokenOf(Scope))
        {
            Interlocked.Increment(ref _challenges);
            context.Response.Headers.WWWAuthenticate =
                $"Bearer authorization=\"https://login.microsoftonline.com/{Tenant}\", resource=\"https://vault.azure.net\"";
            await RefuseAsync(context, 401, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.");
            return;
        }

        Interlocked.Increment(ref _reads);
        await Gate;
        if (Interlocked.Decrement(ref _throttled) >= 0)
        {
            context.Response.Headers.RetryAfter = "0";
            context.Response.Headers["retry-after-ms"] = "5";
            await RefuseAsync(context, 429, "Throttled", "Request was not processed because too many requests were received.");
        }
        else if (Status != 0)
        {
            await RefuseAsync(context, Status, "Refused", "as the test wants it");
        }
        else
        {
            await AnswerAsync(context);
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!.Trim('/').Split('/');
        if (context.Request.Method != "GET" || path is not ["secrets", var name] || !context.Request.Query.ContainsKey("api-version"))
        {
            await RefuseAsync(context, 400, "BadParameter", "not of the surface that is emulated");
            return;
        }

        if (!_secrets.TryGetValue(name, out var versions))
        {
            await RefuseAsync(context, 404, "SecretNotFound", $"A secret with (name/id) {name} was not found in this key vault.");
            return;
        }

        if (_disabled.ContainsKey(name))
        {
            context.Response.StatusCode = 403;
            await context.Response.WriteAsJsonAsync(new
            {
                error = new { code = "Forbidden", message = "Operation get is not allowed on a disabled secret.", innererror = new { code = "SecretDisabled" } },
            });
            return;
        }

        string value;
        int version;
        lock (versions)
        {
            (value, version) = (versions[^1], versions.Count);
        }

        await context.Response.WriteAsJsonAsync(new
        {
            value,
            id = $"{Address}secrets/{name}/{version:x32}",
            attributes = new { enabled = true, created = 1_760_000_000 + version, updated = 1_760_000_000 + version, recoveryLevel = "Recoverable+Purgeable", recoverableDays = 90 },
        });
    }

    private static Task RefuseAsync(HttpContext context, int status, string code, string message)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { error = new { code, message } });
    }
}
