using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Chains;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Categories;

/// <summary>What an organisation has put in the place of a category's chain, as it is stored. Either entries or a chain.</summary>
/// <param name="Id">The category's word.</param>
/// <param name="Entries">The models; null where a chain is named.</param>
/// <param name="Chain">The id or name of a chain; null where entries are.</param>
/// <param name="UpdatedUnixMs">When, milliseconds since 1970.</param>
internal sealed record StoredCategory(string Id, IReadOnlyList<ChainEntry>? Entries, string? Chain, long UpdatedUnixMs);

/// <summary>All that an organisation has put there, by category.</summary>
internal sealed class CategorySet
{
    private readonly StoredCategory?[] _own = new StoredCategory?[TaskCategories.Words.Count];

    public CategorySet(IReadOnlyList<StoredCategory> stored)
    {
        foreach (var own in stored)
        {
            if (TaskCategories.Parse(own.Id) is { } category)
            {
                _own[(int)category] = own;
            }
        }
    }

    /// <summary>What stands in the place of the shipped chain; null for nothing.</summary>
    public StoredCategory? Own(TaskCategory category) => _own[(int)category];
}

/// <summary>The written form of categories' chains and of answers about them.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StoredCategory))]
[JsonSerializable(typeof(CategoryRequest))]
[JsonSerializable(typeof(CategoryView))]
[JsonSerializable(typeof(Page<CategoryView>))]
internal sealed partial class CategoriesJson : JsonSerializerContext;
