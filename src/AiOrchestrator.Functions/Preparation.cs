using AiOrchestrator.Azure;
using AiOrchestrator.Core.Caching;
using AiOrchestrator.Core.Gateway;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Traffic;
using AiOrchestrator.Core.Wallets;
using AiOrchestrator.Functions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AiOrchestrator.Functions;

/// <summary>
/// What the Server does before it serves, done once at the first invocation: a Durable client is needed for it, and only invocations have
/// one. A failure is told to whoever waited, and whoever comes next tries again.
/// </summary>
public sealed partial class Preparation(IServiceProvider services, ISecretStore secrets, HeadOptions options, ILogger<Preparation> logger)
    : IReadinessCheck
{
    private readonly Lock _lock = new();
    private Task<InstanceNotReady?>? _attempt;
    private volatile bool _done;
    private volatile string _state = "no request has come yet; the first one loads the configuration";

    /// <summary>Prepares, unless that is done. One attempt at a time, which all wait for.</summary>
    /// <param name="cancellation">Ends the wait, not the attempt.</param>
    /// <returns>Why not; null when prepared.</returns>
    public ValueTask<InstanceNotReady?> EnsureAsync(CancellationToken cancellation) => _done ? default : new(JoinAsync(cancellation));

    /// <summary>Prepares in the background, unless that is done or under way.</summary>
    public void Begin()
    {
        if (!_done)
        {
            _ = Attempt();
        }
    }

    /// <inheritdoc/>
    public ReadinessReport Check() => _done
        ? new ReadinessReport("start", Readiness.Ready, null)
        : new ReadinessReport("start", Readiness.NotReady, _state);

    private Task<InstanceNotReady?> JoinAsync(CancellationToken cancellation) => Attempt().WaitAsync(cancellation);

    /// <summary>The attempt that is under way, or a new one; it never fails.</summary>
    private Task<InstanceNotReady?> Attempt()
    {
        lock (_lock)
        {
            if (_attempt is null or { IsCompleted: true } && !_done)
            {
                _attempt = Task.Run(TryAsync, CancellationToken.None);
            }

            return _attempt!;
        }
    }

    private async Task<InstanceNotReady?> TryAsync()
    {
        try
        {
            await PrepareAsync();
            _done = true;
            return null;
        }
        catch (MissingSecretException missing)
        {
            LogMissing(missing.Message);
            return Failed(missing.Message);
        }
        catch (Exception failure)
        {
            // Safe: every step finds out for itself whether it is done, so the next attempt goes on. The reason may name hosts: it is logged only.
            LogFailed(failure);
            return Failed("the configuration could not be loaded; the log says why");
        }
    }

    private async Task PrepareAsync()
    {
        await Emulators.PrepareAsync(services, CancellationToken.None);
        var first = options.FirstStart;
        var settings = new BootstrapSettings(
            await SecretAsync("AO_ADMIN_KEY_REF", first.AdminKeyReference!),
            await SecretAsync("AO_BOOTSTRAP_KEY_REF", first.BootstrapKeyReference!),
            first.LimitNanoUsd);
        if (settings.Validate() is [var wrong, ..])
        {
            // Whoever asks is told that one is unusable, not in what way.
            LogUnusable(wrong);
            throw new MissingSecretException("a secret that AO_ADMIN_KEY_REF or AO_BOOTSTRAP_KEY_REF names cannot be used as a key; the log says why");
        }

        // Its warning is for whoever gives a first key where there is one already. Here it is always given, and long replaced.
        var result = await services.GetRequiredService<Bootstrap>().RunAsync(settings, static _ => { }, CancellationToken.None);
        await services.GetRequiredService<ProviderDirectory>().LoadAsync(result.OrganisationId, CancellationToken.None);
        await services.LoadPricesAsync(CancellationToken.None);
        await services.LoadLimitsAsync(CancellationToken.None);
        await services.LoadTrafficAsync(CancellationToken.None);
        await services.LoadResponseIdsAsync(CancellationToken.None);
        await services.LoadCachingAsync(CancellationToken.None);
    }

    private async Task<string> SecretAsync(string setting, string reference)
    {
        if (!secrets.Understands(reference))
        {
            throw new MissingSecretException($"{setting} is '{reference}': it must be kv:NAME, env:NAME or file:PATH");
        }

        return await secrets.GetAsync(reference, CancellationToken.None)
            ?? throw new MissingSecretException($"there is no secret at {reference}, which {setting} names");
    }

    private InstanceNotReady Failed(string reason)
    {
        _state = reason;
        return new InstanceNotReady(reason);
    }

    [LoggerMessage(1, LogLevel.Error, "The instance is not ready: {Reason}")]
    private partial void LogMissing(string reason);

    [LoggerMessage(2, LogLevel.Error, "The instance could not load its configuration; the next request tries again")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(3, LogLevel.Error, "A secret of the first start cannot be used, named here by the option of the other head: {Reason}")]
    private partial void LogUnusable(string reason);

    /// <summary>A secret of the first start cannot be had, or cannot be used.</summary>
    private sealed class MissingSecretException(string message) : Exception(message);
}
