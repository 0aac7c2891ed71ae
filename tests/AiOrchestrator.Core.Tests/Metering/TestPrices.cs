using System.Text;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Tests.Metering;

/// <summary>Small price files for tests.</summary>
internal static class TestPrices
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    /// <summary>A file of one chat model "m" of provider "p" with the given JSON of its <c>prices</c>.</summary>
    public static string File(string prices, string extra = "", string kind = "chat")
        => FileOf($$"""{ "provider": "p", "id": "m", "kind": "{{kind}}"{{(kind == "chat" ? """, "output_limit_member": "max_tokens" """ : "")}}{{extra}}, "prices": {{prices}} }""");

    public static string FileOf(params string[] models)
        => $$"""{ "format": 1, "currency": "USD", "source": { "name": "test", "version": "1" }, "models": [{{string.Join(",", models)}}] }""";

    public static IReadOnlyList<string> Errors(string file)
    {
        (PriceTable? table, IReadOnlyList<string> errors) = PriceTable.Load(Encoding.UTF8.GetBytes(file));
        Assert.Equal(errors.Count == 0, table is not null);
        return errors;
    }

    public static PriceTable Table(string file)
    {
        (PriceTable? table, IReadOnlyList<string> errors) = PriceTable.Load(Encoding.UTF8.GetBytes(file));
        Assert.Empty(errors);
        return table!;
    }

    /// <summary>The prices of a chat model with one period, given its members without braces.</summary>
    public static ModelPrice Price(string period, string kind = "chat")
    {
        Assert.True(Table(File($$"""[{ {{period}} }]""", kind: kind)).TryFind("p", "m", Noon, out ModelPrice? price));
        return price;
    }

    public static ModelPrice Shipped(string provider, string model)
    {
        Assert.True(PriceTable.LoadEmbedded().TryFind(provider, model, Noon, out ModelPrice? price));
        return price;
    }
}
