using System.Net.Http.Headers;
using System.Text;
using AiOrchestrator.Core.Caching.Storage;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Functions.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Functions.Tests.Hosting;

/// <summary>
/// The head on a real Kestrel: its own composition, with the stores in memory, behind endpoints made of its HTTP triggers as the worker makes
/// them. The triggers' own methods are called.
/// </summary>
internal sealed class HeadHost : IAsyncDisposable
{
    public const string AdminKey = "the-admin-key-of-the-tests";
    public const string ApiKey = "sk-ao-the-first-key-of-the-tests";

    private readonly WebApplication _app;

    private HeadHost(WebApplication app) => _app = app;

    public IServiceProvider Services => _app.Services;

    public MemorySecretStore Secrets { get; private init; } = null!;

    public HttpClient Client { get; private set; } = null!;

    /// <summary>What the head is told by its environment, in these tests.</summary>
    public static Dictionary<string, string> Environment() => new(StringComparer.Ordinal)
    {
        ["AO_ADMIN_KEY_REF"] = "env:ADMIN",
        ["AO_BOOTSTRAP_KEY_REF"] = "env:FIRST",
        ["AO_Azure__CosmosEndpoint"] = "https://name.documents.azure.com",
        ["AO_Azure__EventHubsNamespace"] = "name.servicebus.windows.net",
        ["AO_Azure__BlobServiceUri"] = "https://name.blob.core.windows.net",
    };

    /// <summary>The head's own services, with what reaches out of the process replaced.</summary>
    public static MemorySecretStore AddHead(IServiceCollection services, HeadOptions options)
    {
        var secrets = new MemorySecretStore { Variables = { ["ADMIN"] = AdminKey, ["FIRST"] = ApiKey } };
        services.AddHead(options, EnvironmentProviders.Read(new Dictionary<string, string>(StringComparer.Ordinal)));
        services.Replace(ServiceDescriptor.Singleton<IDocumentStore>(new MemoryDocumentStore()));
        services.AddKeyedSingleton<IDocumentStore>(LimitsModule.RatesStore, new MemoryDocumentStore());
        services.Replace(ServiceDescriptor.Singleton<ISecretStore>(secrets));
        var usage = new MemoryUsageStore();
        services.Replace(ServiceDescriptor.Singleton<IUsageStore>(usage));
        services.Replace(ServiceDescriptor.Singleton<ICallEvidence>(new MemoryCallEvidence(usage)));
        services.Replace(ServiceDescriptor.Singleton<ICacheStore>(new MemoryCacheStore(TimeProvider.System)));
        services.Replace(ServiceDescriptor.Singleton<IBlobStore>(new MemoryBlobStore(TimeProvider.System)));
        services.Replace(ServiceDescriptor.Singleton<IEventSender>(new MemoryEventSender()));
        services.Replace(ServiceDescriptor.Singleton<IWalletAuthority>(new MemoryWalletAuthority(TimeProvider.System)));
        return secrets;
    }

    public static async Task<HeadHost> StartAsync(Action<Dictionary<string, string>>? change = null)
    {
        var environment = Environment();
        change?.Invoke(environment);
        var (options, errors) = HeadOptionReader.Read(environment);
        Assert.Empty(errors);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        FunctionsHost.ConfigureServer(builder.Services, options);
        var secrets = AddHead(builder.Services, options);
        var app = builder.Build();
        foreach (var trigger in Trigger.Http)
        {
            app.MapMethods(trigger.Route, trigger.Methods, context => InvokeAsync(trigger, context));
        }

        var host = new HeadHost(app) { Secrets = secrets };
        await app.StartAsync();
        host.Client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
        return host;
    }

    /// <summary>Sends a request; <paramref name="key"/> null sends none.</summary>
    public async Task<(int Status, string Text)> SendAsync(
        HttpMethod method, string path, string? json = null, string? key = null, string? forwardedFor = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        if (forwardedFor is not null)
        {
            request.Headers.Add("x-forwarded-for", forwardedFor);
        }

        using var response = await Client.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }

    /// <summary>As the worker does it: an instance of the function's class, its method, the result it returns.</summary>
    private static async Task InvokeAsync(Trigger trigger, HttpContext context)
    {
        var function = ActivatorUtilities.CreateInstance(context.RequestServices, trigger.Method.DeclaringType!);
        var result = await (Task<IActionResult>)trigger.Method.Invoke(function, [context.Request, null])!;
        await result.ExecuteResultAsync(new ActionContext(context, context.GetRouteData(), new()));
    }
}
