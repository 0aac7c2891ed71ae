using AiOrchestrator.Core.Gateway.Batches;
using AiOrchestrator.Core.Gateway.Caching;
using AiOrchestrator.Core.Gateway.Responses;
using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Gateway.Videos;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Traffic.Classifying;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway;

/// <summary>The data plane: chat completions, completions, embeddings, moderations, reranking, images, speech, transcriptions, videos and batches, from the caller's key to the settled wallet.</summary>
public static class GatewayModule
{
    /// <summary>Registers the module. Needs the modules to its left and an <see cref="Metering.IUsageStream"/>.</summary>
    public static IServiceCollection AddGateway(this IServiceCollection services)
    {
        services.AddOptions<GatewayOptions>().Validate(
            static o => o.Validate().Count == 0, "a Gateway option is out of bounds: see GatewayOptions");
        services.AddSingleton(static s => new InstanceIdentity(s.GetRequiredService<IdSource>().NewId("in")));
        services.AddSingleton(static s =>
            s.GetRequiredService<IOptions<GatewayOptions>>().Value.ModelDates == ModelDates.Own ? ModelRegistry.Shipped.WithoutDates() : ModelRegistry.Shipped);
        services.AddSingleton<UpstreamClients>();
        services.AddSingleton<Drain>();
        services.AddSingleton<DrainPlaces>();
        services.AddSingleton<IReadinessCheck>(static s => s.GetRequiredService<Drain>());
        AddPipeline(services);
        services.AddSingleton<Tokenize>();
        services.AddSingleton<CountMessageTokens>();
        services.AddSingleton<VideoBook>();
        services.AddSingleton<AskProvider>();
        services.AddSingleton<KeepVideo>();
        services.AddSingleton<LookAtVideo>();
        services.AddSingleton<DeleteVideo>();
        services.AddSingleton<WatchVideos>();
        services.AddSingleton(static s => WatchVideos.AsJob(s.GetRequiredService<WatchVideos>()));
        services.AddSingleton<ResponseIds>();
        services.AddSingleton<AskResponse>();
        services.AddJson(ResponsesJson.Default);
        services.AddSingleton<FileBook>();
        services.AddSingleton<ChooseForBatch>();
        services.AddSingleton<CheckInput>();
        services.AddSingleton<ReadUpload>();
        services.AddSingleton<UploadFile>();
        services.AddSingleton<BatchBook>();
        services.AddSingleton<KeepBatch>();
        services.AddSingleton<ReadResults>();
        services.AddSingleton<LookAtBatch>();
        services.AddSingleton<WatchBatches>();
        services.AddSingleton(static s => WatchBatches.AsJob(s.GetRequiredService<WatchBatches>()));
        services.AddJson(BatchesJson.Default);
        services.AddJson(VideosJson.Default);
        services.AddJson(DiagnosticsJson.Default);
        services.AddJson(GatewayJson.Default);
        services.AddJson(CountingJson.Default);
        return services;
    }

    private static void AddPipeline(IServiceCollection services)
    {
        services.AddSingleton<UsageEventFactory>();
        services.AddSingleton<ReadBody>();
        services.AddSingleton<EstimateCost>();
        services.AddSingleton<DryRun>();
        services.AddSingleton<CallerLimits>();
        services.AddSingleton<WaitForProvider>();
        services.AddSingleton<HoldMoney>();
        services.AddSingleton<BudgetSight>();
        services.AddSingleton<AskAsCaller>();
        services.AddSingleton<AskModel>(static s => s.GetRequiredService<AskAsCaller>().RunAsync);
        services.AddSingleton<CallFactsOf>();
        services.AddSingleton<ChooseRoute>();
        services.AddSingleton<Flights>();
        services.AddSingleton<EmbedQuestion>();
        services.AddSingleton<FindSimilar>();
        services.AddSingleton<KeepAnswer>();
        services.AddSingleton<ReplayAnswer>();
        services.AddSingleton<AskCache>();
        services.AddSingleton<WarmCache>();
        services.AddJson(CachingJson.Default);
        services.AddSingleton<TakeOrder>();
        services.AddSingleton<PrepareRoutes>();
        services.AddSingleton<CallProvider>();
        services.AddSingleton<Hedge>();
        services.AddSingleton<TryRoutes>();
        services.AddSingleton<Reclassify>();
        services.AddSingleton<Succession>();
        services.AddSingleton<RelayAnswer>();
        services.AddSingleton<RelayStream>();
        services.AddSingleton<RelayAudio>();
        services.AddSingleton<TellHealth>();
        services.AddSingleton<SettleExchange>();
        services.AddSingleton<Pipeline>();
        services.AddSingleton<ExplainRoute>();
        services.AddJson(RouteExplanationJson.Default);
    }

    /// <summary>Reads what the names of stored responses are sealed with. Before requests are served.</summary>
    public static Task LoadResponseIdsAsync(this IServiceProvider services, CancellationToken cancellation) =>
        services.GetRequiredService<ResponseIds>().LoadAsync(cancellation);

    /// <summary>
    /// Maps <c>/v1/chat/completions</c>, <c>/v1/completions</c>, <c>/v1/moderations</c>, <c>/v1/rerank</c>, <c>/v1/embeddings</c>, <c>/v1/images/generations</c>, <c>/v1/audio/*</c>, <c>/v1/videos</c>, <c>/v1/files</c>, <c>/v1/batches</c>, <c>/v1/responses</c>,
    /// <c>/v1/cache</c>, <c>/v1/tokenize</c>, <c>/v1/messages/count_tokens</c>, <c>/control/v1/diagnostics</c> and <c>/control/v1/routes/explain</c>.
    /// </summary>
    public static void MapGateway(this IEndpointRouteBuilder routes)
    {
        GatewayEndpoints.Map(routes);
        CountingEndpoints.Map(routes);
        DiagnosticsEndpoints.Map(routes);
        ExplainEndpoints.Map(routes);
        CacheEndpoints.Map(routes);
    }
}
