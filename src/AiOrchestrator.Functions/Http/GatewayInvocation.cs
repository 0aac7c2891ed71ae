using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Functions.Configuration;
using AiOrchestrator.Functions.Wallets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc;
using Microsoft.DurableTask.Client;

namespace AiOrchestrator.Functions.Http;

/// <summary>What a route needs before it is served.</summary>
public enum Needs
{
    /// <summary>Nothing: it tells how the instance does.</summary>
    Nothing,

    /// <summary>A prepared instance; without, the request is refused.</summary>
    Preparation,
}

/// <summary>Hands a trigger's request to Core's one request delegate, which writes the whole answer.</summary>
public sealed class GatewayInvocation(IServiceProvider services, Preparation preparation, DurableClientHolder durable, HeadOptions options)
{
    private static readonly EmptyResult Written = new();

    private readonly Lazy<RequestDelegate> _gateway = new(() => GatewayApp.Build(services));

    /// <summary>Serves a request.</summary>
    /// <param name="request">As the worker bound it. Its <c>RequestAborted</c> is cancelled when the client goes: the host then breaks the connection it relays it on.</param>
    /// <param name="client">The invocation's Durable client.</param>
    /// <param name="needs">What must hold first.</param>
    /// <returns>Nothing more is to be written.</returns>
    public async Task<IActionResult> RunAsync(HttpRequest request, DurableTaskClient client, Needs needs = Needs.Preparation)
    {
        var context = request.HttpContext;
        durable.Offer(client);
        if (needs == Needs.Nothing)
        {
            preparation.Begin();
        }
        else if (await preparation.EnsureAsync(context.RequestAborted) is { } failure)
        {
            await ErrorWriter.WriteAsync(context, failure);
            return Written;
        }

        // The worker's routing has chosen the trigger; Core's own would take its choice for an endpoint of Core.
        context.SetEndpoint(null);
        context.Features.Set<IRouteValuesFeature>(null);
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        if (ForwardedAddress.Of(request.Headers["x-forwarded-for"], options.Azure.ForwardedHops) is { } address)
        {
            context.Connection.RemoteIpAddress = address;
        }

        await _gateway.Value(context);
        return Written;
    }
}
