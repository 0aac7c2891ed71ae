using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic.Categories;

/// <summary>Which models serve which category.</summary>
internal static class CategoriesModule
{
    /// <summary>Registers it.</summary>
    public static IServiceCollection AddCategories(this IServiceCollection services)
    {
        services.AddJson(CategoriesJson.Default);
        services.AddSingleton<CategoryTable>();
        return services.AddParts(static _ => new PartKind<StoredCategory, CategorySet>(
            "categories", CategoriesJson.Default.StoredCategory, static c => c.Id, static (_, own) => new CategorySet(own), static () => new CategoryNotOwn()));
    }
}
