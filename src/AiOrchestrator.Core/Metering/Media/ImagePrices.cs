namespace AiOrchestrator.Core.Metering.Media;

/// <summary>Which of a model's prices an image is charged by, where prices depend on size and quality.</summary>
public static class ImagePrices
{
    /// <summary>What a request that does not say gets (https://platform.openai.com/docs/api-reference/images/create), where that is priced.</summary>
    private const string DefaultSize = "1024x1024", DefaultQuality = "standard";

    /// <summary>Whether the price has images at all.</summary>
    public static bool HasAny(ModelPrice price)
    {
        foreach (var unit in price.Units.All)
        {
            if (unit.Unit == PriceUnit.Image)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The dearest price an image of this size and quality may have, as a qualifier; empty for a price of any image, null for none.</summary>
    /// <param name="price">The model's price.</param>
    /// <param name="size">As asked for; <c>auto</c> leaves it to the provider, null to its default.</param>
    /// <param name="quality">Likewise.</param>
    public static string? Dearest(ModelPrice price, string? size, string? quality)
    {
        if (HasDefault(price))
        {
            size ??= DefaultSize;
            quality ??= DefaultQuality;
        }

        UnitPrice? dearest = null;
        var anySize = size is null or "auto";
        var anyQuality = quality is null or "auto";
        if (!anySize && !anyQuality)
        {
            dearest = price.Units.Find(PriceUnit.Image, $"{size}/{quality}");
            return dearest is null ? null : dearest.Value.Qualifier ?? "";
        }

        foreach (var unit in price.Units.All)
        {
            if (unit.Unit == PriceUnit.Image && MayBe(unit.Qualifier, anySize ? null : size, anyQuality ? null : quality)
                && (dearest is null || unit.Rate > dearest.Value.Rate))
            {
                dearest = unit;
            }
        }

        return dearest is null ? null : dearest.Value.Qualifier ?? "";
    }

    private static bool HasDefault(ModelPrice price) => price.Units.Find(PriceUnit.Image, $"{DefaultSize}/{DefaultQuality}") is { Qualifier: not null };

    private static bool MayBe(string? priced, string? size, string? quality)
    {
        if (priced is null)
        {
            return true;
        }

        var slash = priced.IndexOf('/', StringComparison.Ordinal);
        return (size is null || (slash < 0 ? priced : priced[..slash]) == size)
            && (quality is null || slash < 0 || priced[(slash + 1)..] == quality);
    }
}
