using System.Globalization;
using System.Text.Json;
using AiOrchestrator.Core.Metering.Pricing;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Providers.Pricing;

/// <summary>What a request says about an own price.</summary>
/// <param name="Provider">The provider's row; null: whichever serves the model.</param>
/// <param name="Model">A model or a pattern.</param>
/// <param name="Kind">A kind of the price file.</param>
/// <param name="From">The first day; null: as the caller has it.</param>
/// <param name="Until">The day it ends, exclusive; or null.</param>
/// <param name="Prices">The figures.</param>
/// <param name="Note">For people; or null.</param>
internal sealed record PriceBody(
    string? Provider, string Model, string Kind, DateOnly? From, DateOnly? Until, JsonElement Prices, string? Note)
{
    private const int MaxPricesLength = 32 * 1024;

    /// <summary>Reads and checks it, but for its days against the calendar; what is wrong is noted on the reader.</summary>
    /// <param name="body">The body.</param>
    /// <param name="inForce">The price it changes, where that is in force: what the body leaves out stays as it is.</param>
    public static PriceBody Read(MemberReader body, StoredPrice? inForce = null)
    {
        var provider = body.Has("provider") ? body.Text("provider", 40) : inForce?.Provider;
        var model = body.Has("model") ? body.Text("model", 200, required: true) : inForce?.Model ?? body.Text("model", 200, required: true);
        if (model is not null && model.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            body.Problem("model", "must be visible ASCII characters without spaces; * stands for any of them");
        }

        var kind = body.Text("kind", 40) ?? inForce?.Kind ?? "chat";
        var from = Day(body, "from") ?? inForce?.From;
        var until = body.Has("until") ? Day(body, "until") : inForce?.Until;
        if (from is not null && until is not null && until <= from)
        {
            body.Problem("until", "is not after 'from'");
        }

        var prices = inForce is not null && !body.Has("prices") ? inForce.Prices : ReadPrices(body, "prices", kind);
        var note = body.Has("note") ? body.Text("note", 500) : inForce?.Note;
        return new PriceBody(provider, model ?? "", kind, from, until, prices, note);
    }

    /// <summary>Figures as a period of the price file has them, checked by the file's own reader.</summary>
    /// <param name="body">Where they stand.</param>
    /// <param name="name">The member.</param>
    /// <param name="kind">The kind of model they are for.</param>
    public static JsonElement ReadPrices(MemberReader body, string name, string kind)
    {
        if (body.Raw(name) is not { } prices)
        {
            body.Problem(name, "is required: an object such as {\"usd_per_million\": {\"input\": \"1.25\", \"output\": \"10\"}}; free must be said: \"0\"");
            return default;
        }

        if (prices.ValueKind != JsonValueKind.Object || prices.GetRawText().Length > MaxPricesLength)
        {
            body.Problem(name, $"must be an object of at most {MaxPricesLength} bytes");
            return default;
        }

        var elsewhere = OwnPriceFile.Elsewhere.Where(m => prices.TryGetProperty(m, out _)).ToList();
        foreach (var member in elsewhere)
        {
            body.Problem($"{name}.{member}", "does not stand here: days stand beside it, and the source is the organisation");
        }

        if (elsewhere.Count == 0)
        {
            foreach (var (member, problem) in OwnPriceFile.Read(kind, prices, null, null, "request").Problems)
            {
                body.Problem(member.StartsWith("prices", StringComparison.Ordinal) ? name + member["prices".Length..] : member, problem);
            }
        }

        return prices;
    }

    /// <summary>A day of UTC written as yyyy-MM-dd; null when absent, null or wrong.</summary>
    private static DateOnly? Day(MemberReader body, string name)
    {
        if (body.Text(name, 100) is not { } text)
        {
            return null;
        }

        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            return day;
        }

        body.Problem(name, "must be a day of UTC such as \"2030-01-31\"");
        return null;
    }
}
