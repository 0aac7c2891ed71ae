namespace AiOrchestrator.Core.Providers.Listing;

/// <summary>The body of <c>POST /control/v1/providers/{id}/sync</c>: nothing; may be left out.</summary>
public sealed record SyncRequest;

/// <summary>A model as its provider lists it.</summary>
/// <param name="Id">The name the provider knows.</param>
/// <param name="Priced">Whether the catalogue has a price of it now. One without is charged as <c>/control/v1/price-policy</c> says, or refused; never free.</param>
/// <param name="Served">Whether the row serves it.</param>
public sealed record ListedModelView(string Id, bool Priced, bool Served);

/// <summary>A provider's list of models as it was last read.</summary>
/// <param name="Id">The provider.</param>
/// <param name="ReadAt">When it was read, RFC 3339; null where it never could be.</param>
/// <param name="TriedAt">When it was last tried to be read, RFC 3339.</param>
/// <param name="Problem">Why it could not be read then; null where it could.</param>
/// <param name="ChangedAt">When the list was last seen to change, RFC 3339; null where it never was.</param>
/// <param name="New">What it had begun to list then.</param>
/// <param name="Gone">What it had ceased to list then.</param>
/// <param name="Unlisted">The row's models that are not listed, by the names the provider knows.</param>
/// <param name="Models">All that is listed, in order of id.</param>
public sealed record ModelSyncView(
    string Id,
    string? ReadAt,
    string TriedAt,
    string? Problem,
    string? ChangedAt,
    IReadOnlyList<string> New,
    IReadOnlyList<string> Gone,
    IReadOnlyList<string> Unlisted,
    IReadOnlyList<ListedModelView> Models);
