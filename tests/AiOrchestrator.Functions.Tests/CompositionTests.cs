using AiOrchestrator.Core.Platform.Jobs;
using AiOrchestrator.Functions.Configuration;
using AiOrchestrator.Functions.Jobs;
using AiOrchestrator.Functions.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace AiOrchestrator.Functions.Tests;

/// <summary>The head's container, with nothing replaced: whatever a trigger needs must be there.</summary>
public sealed class CompositionTests
{
    [Fact]
    public async Task Everything_that_is_registered_can_be_made()
    {
        await using var app = Build();
        Assert.NotEmpty(app.Services.GetServices<IHostedService>());
    }

    [Fact]
    public async Task Every_function_can_be_made()
    {
        await using var app = Build();
        await using var scope = app.Services.CreateAsyncScope();
        foreach (var type in Trigger.All.Where(static t => !t.Method.IsStatic || !t.Method.DeclaringType!.IsAbstract).Select(static t => t.Method.DeclaringType!).Distinct())
        {
            Assert.NotNull(ActivatorUtilities.CreateInstance(scope.ServiceProvider, type));
        }
    }

    [Fact]
    public async Task The_timer_reaches_every_job()
    {
        await using var app = Build();
        var runner = app.Services.GetRequiredService<JobRunner>();
        Assert.Equal(
            ["chargeback-exports", "decide-reviews", "place-feedback", "proposals", "prune-alerts", "prune-cache", "prune-health", "reconcile-suspense", "refund-calls", "replay-dead-letters", "reratings", "sync-models", "wallet-clock", "watch-batches", "watch-experiments", "watch-models", "watch-prices", "watch-rankings", "watch-videos"],
            runner.Jobs.Select(static j => j.Name));
        Assert.Contains(typeof(RunJobs).GetConstructors().Single().GetParameters(), static p => p.ParameterType == typeof(JobRunner));
        Assert.Equal("RunJobs", Assert.Single(Trigger.All, static t => t.Attribute.AttributeType.Name == "TimerTriggerAttribute").Name);
    }

    [Fact]
    public async Task Nothing_runs_by_the_clock_of_an_instance_that_a_trigger_runs()
    {
        await using var app = Build();
        Assert.DoesNotContain(
            app.Services.GetServices<IHostedService>(), static s => s.GetType().Name is "JobClock" or "WalletClock" or "ProposalRunner" or "UsageProjection");
    }

    private static WebApplication Build()
    {
        var (options, errors) = HeadOptionReader.Read(HeadHost.Environment());
        Assert.Empty(errors);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddHead(options, Core.Providers.EnvironmentProviders.Read(new Dictionary<string, string>(StringComparer.Ordinal)));
        builder.Host.UseDefaultServiceProvider(static provider => provider.ValidateOnBuild = provider.ValidateScopes = true);
        return builder.Build();
    }
}
