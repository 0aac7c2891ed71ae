using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Traffic.Categories;

/// <summary>There is no category with this name.</summary>
public sealed record CategoryNotFound() : ApiFailure(
    404, "invalid_request_error", "category_not_found", $"There is no such category: it is one of {string.Join(", ", TaskCategories.Words)}.");

/// <summary>The category's chain is the one that ships.</summary>
public sealed record CategoryNotOwn() : ApiFailure(
    404, "invalid_request_error", "category_not_replaced", "Nothing has taken the place of this category's shipped chain, so there is nothing to delete.");
