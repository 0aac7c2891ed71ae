using AiOrchestrator.Core.Insight.Experiments;
using AiOrchestrator.Core.Insight.Exports;
using AiOrchestrator.Core.Insight.Feedback;
using AiOrchestrator.Core.Insight.Legacy;
using AiOrchestrator.Core.Insight.Quotas;
using AiOrchestrator.Core.Insight.Refunds;
using AiOrchestrator.Core.Insight.Rerating;
using AiOrchestrator.Core.Insight.Reviews;
using AiOrchestrator.Core.Insight.Statistics;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Experiments;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Core.Wallets;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Insight;

/// <summary>Usage: what was called, what it cost, who is charged.</summary>
public static class InsightModule
{
    /// <summary>Registers the module. Needs an <see cref="IUsageStore"/> and an <see cref="IBlobStore"/>.</summary>
    public static IServiceCollection AddInsight(this IServiceCollection services)
    {
        services.AddSingleton<QueryStatement>();
        services.AddSingleton<Chargeback>();
        services.AddSingleton<ReadQuotas>();
        services.AddSingleton<WatchPrices>();
        services.AddSingleton<WarnOfLastResort>();
        services.AddSingleton(static s => WatchPrices.AsJob(s.GetRequiredService<WatchPrices>()));
        services.AddJson(QuotasJson.Default);
        services.AddSingleton<ReadLegacyUse>();
        services.AddSingleton<WatchModels>();
        services.AddSingleton(static s => WatchModels.AsJob(s.GetRequiredService<WatchModels>()));
        services.AddJson(LegacyJson.Default);
        services.AddSingleton(static s => new ScheduledExports(
            s.GetRequiredService<Chargeback>(),
            s.GetRequiredService<IBlobStore>(),
            s.GetRequiredService<IDocumentStore>(),
            s.GetRequiredService<IOptions<InsightOptions>>(),
            s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<CallsNow>();
        services.AddSingleton<ReviewBook>();
        services.AddSingleton<ReviewCharges>();
        services.AddSingleton<CallReviews>();
        services.AddSingleton<TellWallet>();
        services.AddSingleton<DriveReview>();
        services.AddSingleton<ChargeQueued>();
        services.AddSingleton<DecideReview>();
        services.AddSingleton<TakeDisputes>();
        services.AddSingleton<ReviewJob>();
        services.AddSingleton(static s => ReviewJob.AsJob(s.GetRequiredService<ReviewJob>()));
        services.AddJson(ReviewsJson.Default);
        services.AddSingleton<RefundBook>();
        services.AddSingleton<RefundCalls>();
        services.AddSingleton<CallRefund>(static s => s.GetRequiredService<RefundCalls>().AskAsync);
        services.AddSingleton(static s => RefundCalls.AsJob(s.GetRequiredService<RefundCalls>()));
        services.AddSingleton<QueryStatistics>();
        services.AddSingleton<QueryCacheStatistics>();
        services.AddJson(StatisticsJson.Default);
        services.AddJson(InsightJson.Default);
        return services.AddFeedback().AddRerating();
    }

    /// <summary>Registers what carries re-ratings out in the background of this process. A head whose timer triggers do registers <see cref="AddReratingJob"/>.</summary>
    public static IServiceCollection AddReratingRunner(this IServiceCollection services) => services.AddHostedService<RerateRunner>();

    /// <summary>Registers the job that carries re-ratings out, some of the work each minute.</summary>
    public static IServiceCollection AddReratingJob(this IServiceCollection services) =>
        services.AddSingleton(static s => RerateRunner.AsJob(s.GetRequiredService<RerateWork>(), s.GetRequiredService<TimeProvider>()));

    private static IServiceCollection AddFeedback(this IServiceCollection services)
    {
        services.AddSingleton<FeedbackBook>();
        services.AddSingleton<GiveFeedback>();
        services.AddSingleton<PlaceFeedback>();
        services.AddSingleton(static s => PlaceFeedback.AsJob(s.GetRequiredService<PlaceFeedback>()));
        services.AddSingleton<ReadVariantFigures>();
        services.AddSingleton<FindVariantFigures>(static s => s.GetRequiredService<ReadVariantFigures>().ExecuteAsync);
        services.AddJson(FeedbackJson.Default);
        return services;
    }

    private static IServiceCollection AddRerating(this IServiceCollection services)
    {
        services.AddSingleton<ReratingStore>();
        services.AddSingleton<ReratingBlobs>();
        services.AddSingleton<ReratingPrices>();
        services.AddSingleton<ReratingBell>();
        services.AddSingleton<PriceCalls>();
        services.AddSingleton<PostCorrection>();
        services.AddSingleton<PostCorrections>();
        services.AddSingleton<RerateWork>();
        services.AddSingleton<RerateLookup>();
        services.AddSingleton<CreateRerating>();
        services.AddJson(ReratingJson.Default);
        return services;
    }

    /// <summary>
    /// Registers the background service that copies the usage stream into the usage store, its readiness check, and <see cref="ThresholdEvents"/>. For a
    /// head whose stream is read in process; where triggers deliver the events it is left out. Needs an <see cref="Metering.IUsageFeed"/>.
    /// </summary>
    public static IServiceCollection AddUsageProjection(this IServiceCollection services)
    {
        services.AddOptions<InsightOptions>().Validate(
            static o => o.Validate().Count == 0, "an Insight option is out of bounds: see InsightOptions");
        services.AddSingleton<ThresholdEvents>();
        services.AddSingleton<UsageProjection>();
        services.AddSingleton<IHostedService>(static s => s.GetRequiredService<UsageProjection>());
        services.AddSingleton<IReadinessCheck>(static s => s.GetRequiredService<UsageProjection>());
        return services;
    }

    /// <summary>
    /// Registers what takes in events a trigger delivers (<see cref="UsageIngest"/>), and the jobs <see cref="ReplayDeadLetters"/> and
    /// <see cref="ReconcileSuspense"/>. Needs an <see cref="IUsageStore"/>, an <see cref="ICallEvidence"/> and an <see cref="IBlobStore"/>.
    /// </summary>
    public static IServiceCollection AddUsageIngest(this IServiceCollection services)
    {
        services.AddSingleton(static s => new UsageIngest(
            s.GetRequiredService<IUsageStore>(),
            s.GetRequiredService<ICallEvidence>(),
            s.GetRequiredService<IBlobStore>(),
            s.GetRequiredService<TakeDisputes>(),
            s.GetRequiredService<WarnOfLastResort>(),
            s.GetRequiredService<TimeProvider>(),
            s.GetRequiredService<ILogger<UsageIngest>>()));
        services.AddSingleton<ReplayDeadLetters>();
        services.AddSingleton<ReconcileSuspense>();
        services.AddSingleton(static s => ReplayDeadLetters.AsJob(s.GetRequiredService<ReplayDeadLetters>()));
        services.AddSingleton(static s => ReconcileSuspense.AsJob(s.GetRequiredService<ReconcileSuspense>()));
        return services;
    }

    /// <summary>Registers the job that writes exports in the process that runs it.</summary>
    public static IServiceCollection AddExportJob(this IServiceCollection services) => services.AddSingleton(static s =>
    {
        var exports = s.GetRequiredService<ScheduledExports>();
        return new Job(ScheduledExports.JobName, ScheduledExports.Every, (_, cancellation) => exports.RunAsync(cancellation));
    });

    /// <summary>Maps <c>/v1/usage</c>, wallets' statements and thresholds, the chargeback report, re-ratings, free quotas, exports, dead letters, reviews, statistics of models, use of what is of an earlier time and feedback.</summary>
    public static void MapInsight(this IEndpointRouteBuilder routes)
    {
        InsightEndpoints.Map(routes);
        StatementEndpoints.Map(routes);
        ChargebackEndpoints.Map(routes);
        ReratingsEndpoints.Map(routes);
        ExportsEndpoints.Map(routes);
        QuotasEndpoints.Map(routes);
        LegacyEndpoints.Map(routes);
        DeadLettersEndpoints.Map(routes);
        ReviewsEndpoints.Map(routes);
        StatisticsEndpoints.Map(routes);
        FeedbackEndpoints.Map(routes);
    }
}
