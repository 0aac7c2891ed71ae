using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic.Configuration;

/// <summary>Reads a part of the configuration when the product starts.</summary>
/// <param name="LoadAsync">Reads it.</param>
internal sealed record PartLoader(Func<CancellationToken, Task> LoadAsync);

/// <summary>Registers one kind of configuration: its directory, that it is loaded at the start, and that it is kept up with other instances.</summary>
internal static class PartRegistration
{
    /// <summary>Registers a kind.</summary>
    /// <typeparam name="TStored">As it is stored.</typeparam>
    /// <typeparam name="TCompiled">What all come to.</typeparam>
    public static IServiceCollection AddParts<TStored, TCompiled>(this IServiceCollection services, Func<IServiceProvider, PartKind<TStored, TCompiled>> kind)
        where TStored : class
        where TCompiled : class
    {
        services.AddSingleton(kind);
        services.AddSingleton(static s => new PartDirectory<TStored, TCompiled>(
            s.GetRequiredService<IDocumentStore>(), s.GetRequiredService<PartKind<TStored, TCompiled>>()));
        services.AddSingleton(static s => new PartLoader(s.GetRequiredService<PartDirectory<TStored, TCompiled>>().LoadAsync));
        services.AddSingleton(static s =>
        {
            var known = s.GetRequiredService<PartKind<TStored, TCompiled>>();
            return new ConfigurationPart(known.Name, known.Covers, s.GetRequiredService<PartDirectory<TStored, TCompiled>>().LoadAsync);
        });
        return services;
    }
}
