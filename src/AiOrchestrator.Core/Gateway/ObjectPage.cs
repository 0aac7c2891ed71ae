using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway;

/// <summary>A page of what a key has made at providers.</summary>
/// <param name="Items">In the order that is asked for.</param>
/// <param name="FirstId">The first item's id; null where there is none.</param>
/// <param name="LastId">The last one's.</param>
/// <param name="HasMore">Whether others follow.</param>
internal sealed record ObjectPage<T>(IReadOnlyList<T> Items, string? FirstId, string? LastId, bool HasMore)
{
    /// <summary>The page.</summary>
    /// <param name="all">All there are, oldest first by their ids.</param>
    /// <param name="asked">Which of them.</param>
    /// <param name="id">An item's id.</param>
    public static ObjectPage<T> Of(IEnumerable<T> all, PageAsked asked, Func<T, string> id)
    {
        var found = (asked.IsAscending ? all.Where(i => asked.After is null || string.CompareOrdinal(id(i), asked.After) > 0)
            : all.Reverse().Where(i => asked.After is null || string.CompareOrdinal(id(i), asked.After) < 0)).Take(asked.Most + 1).ToList();
        var page = found.Take(asked.Most).ToList();
        return new ObjectPage<T>(page, page is [var first, ..] ? id(first) : null, page is [.., var last] ? id(last) : null, found.Count > asked.Most);
    }
}

/// <summary>Which page is asked for.</summary>
/// <param name="Most">The most items.</param>
/// <param name="After">The item before the first; null for none.</param>
/// <param name="IsAscending">Oldest first; else newest first.</param>
internal sealed record PageAsked(int Most, string? After, bool IsAscending)
{
    /// <summary>Reads <c>limit</c>, <c>after</c> and <c>order</c>, as OpenAI's lists have them.</summary>
    public static PageAsked Read(QueryReader parameters)
    {
        var (most, after) = (parameters.Limit(), parameters.Text("after"));
        var order = parameters.Text("order") ?? "desc";
        if (order is not ("asc" or "desc"))
        {
            parameters.Problem("order", "must be asc or desc");
        }

        return new PageAsked(most, after, order == "asc");
    }
}
