using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Caching.Vectors;
using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Traffic;
using AiOrchestrator.Core.Wallets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Core.Tests.Hosting;

/// <summary>
/// The product on a real Kestrel, composed the way both heads compose it (design §5): one request delegate from a plain
/// <see cref="ApplicationBuilder"/>. The ports are in memory.
/// </summary>
internal sealed class CoreHost : IAsyncDisposable
{
    public const string AdminKey = "the-admin-key-of-the-tests";
    public const string ApiKey = "sk-ao-the-first-key-of-the-tests";

    private readonly List<HttpClient> _clients = [];
    private WebApplication? _app;
    private Uri? _address;

    public MemoryDocumentStore Documents { get; private init; } = new();

    public ManualTime Time { get; private init; } = new();

    public MemorySecretStore Secrets { get; } = new();

    public MemoryUsageStore Usage { get; private init; } = new();

    public MemoryUsageStream Stream { get; } = new();

    public MemoryCacheStore Answers { get; private set; } = null!;

    public FixedCheck Check { get; } = new("fixed");

    public MemoryBlobStore Blobs { get; private set; } = null!;

    public MemoryWalletAuthority Wallets { get; private set; } = null!;

    public BootstrapResult Installation { get; private set; } = null!;

    public HttpClient Anonymous { get; private set; } = null!;

    public HttpClient Admin { get; private set; } = null!;

    public HttpClient Caller { get; private set; } = null!;

    public Uri Address => _address!;

    public IServiceProvider Services => _app!.Services;

    public EndpointDataSource Endpoints { get; private set; } = null!;

    /// <summary>Starts the product; on the stores of another host, as after a restart, where one is given.</summary>
    /// <param name="environment">Environment variables.</param>
    /// <param name="on">The other host.</param>
    /// <param name="compose">What a head adds; the Server's rates where nothing is said.</param>
    public static async Task<CoreHost> StartAsync(
        Dictionary<string, string>? environment = null, CoreHost? on = null, Action<IServiceCollection>? compose = null)
    {
        var host = on is null ? new CoreHost() : new CoreHost { Documents = on.Documents, Time = on.Time, Wallets = on.Wallets, Usage = on.Usage, Answers = on.Answers };
        await host.RunAsync(environment ?? [], compose ?? (static services => services.AddInProcessRates()));
        return host;
    }

    public HttpClient ClientFor(string? key)
    {
        var client = new HttpClient { BaseAddress = _address };
        if (key is not null)
        {
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        _clients.Add(client);
        return client;
    }

    /// <summary>Stops as a process does that is asked to.</summary>
    public Task StopAsync() => _app!.StopAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            client.Dispose();
        }

        await _app!.DisposeAsync();
    }

    private async Task RunAsync(Dictionary<string, string> environment, Action<IServiceCollection> compose)
    {
        foreach (var (name, value) in environment)
        {
            Secrets.Variables.Add(name, value);
        }

        Answers ??= new MemoryCacheStore(Time);
        Wallets ??= new MemoryWalletAuthority(Time);
        Blobs = new MemoryBlobStore(Time);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services
            .AddSingleton<TimeProvider>(Time)
            .AddSingleton<IDocumentStore>(Documents)
            .AddSingleton<ISecretStore>(Secrets)
            .AddSingleton<IWalletAuthority>(Wallets)
            .AddSingleton<IUsageStore>(Usage)
            .AddSingleton<IBlobStore>(Blobs)
            .AddSingleton<IUsageStream>(Stream)
            .AddSingleton<ICacheStore>(Answers)
            .AddSingleton<IVectorIndex>(static _ => new SimdVectorIndex(10_000))
            .AddSingleton<IReadinessCheck>(Check)
            .AddAiOrchestrator(EnvironmentProviders.Read(environment))
            .AddSingleton<ICallEvidence>(new MemoryCallEvidence(Usage))
            .AddUsageIngest()
            .Configure<GatewayOptions>(static o => o.ModelDates = ModelDates.Own)
            .AddProposalClock();
        compose(builder.Services);
        _app = builder.Build();
        Installation = await Services.GetRequiredService<Bootstrap>().RunAsync(
            new BootstrapSettings(AdminKey, ApiKey, 10_000_000_000), static _ => { }, CancellationToken.None);
        await Services.GetRequiredService<ProviderDirectory>().LoadAsync(Installation.OrganisationId, CancellationToken.None);
        await Services.LoadPricesAsync(CancellationToken.None);
        await Services.LoadLimitsAsync(CancellationToken.None);
        await Services.LoadTrafficAsync(CancellationToken.None);
        await Services.LoadResponseIdsAsync(CancellationToken.None);
        await Services.LoadCachingAsync(CancellationToken.None);
        _app.Run(GatewayApp.Build(Services));
        Endpoints = Services.GetRequiredService<EndpointDataSource>();
        await _app.StartAsync();
        _address = new Uri(Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        Anonymous = ClientFor(null);
        Admin = ClientFor(AdminKey);
        Caller = ClientFor(ApiKey);
    }
}

/// <summary>An answer, read to its end.</summary>
internal sealed record Answer(HttpStatusCode Status, string Text, HttpResponseMessage Message)
{
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    public string? Code => Json.GetProperty("error").GetProperty("code").GetString();

    public string? Param => Json.GetProperty("error").GetProperty("param").GetString();

    public string? ErrorText => Json.GetProperty("error").GetProperty("message").GetString();
}

internal static class Http
{
    public static Task<Answer> GetAsync(this HttpClient client, string path, string? ifMatch = null) => client.SendAsync(HttpMethod.Get, path, null, ifMatch);

    public static Task<Answer> PostAsync(this HttpClient client, string path, string json) => client.SendAsync(HttpMethod.Post, path, json);

    public static Task<Answer> SendAsync(this HttpClient client, HttpMethod method, string path, string? json, string? ifMatch = null)
    {
        var content = json is null ? null : new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        content?.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return client.SendContentAsync(method, path, content, ifMatch);
    }

    public static async Task<Answer> SendContentAsync(this HttpClient client, HttpMethod method, string path, HttpContent? content, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return new Answer(response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), response);
    }

    public static string Text(this JsonElement element, string member) => element.GetProperty(member).GetString()!;
}
