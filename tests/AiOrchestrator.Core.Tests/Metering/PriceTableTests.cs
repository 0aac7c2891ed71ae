using System.Text;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Tests.Metering;

public sealed class PriceTableTests
{
    private const string Flat = """{ "usd_per_million": { "input": "1", "output": "2" } }""";

    [Fact]
    public void A_price_begins_and_ends_at_midnight_utc()
    {
        PriceTable table = TestPrices.Table(TestPrices.File(
            """
            [{ "from": "2025-01-01", "usd_per_million": { "input": "10", "output": "40" } },
             { "from": "2025-06-10", "until": "2026-01-01", "usd_per_million": { "input": "2", "output": "8" } }]
            """));

        Assert.Null(InputAt("2024-12-31T23:59:59.9999999Z"));
        Assert.Equal("10.00", InputAt("2025-01-01T00:00:00Z"));
        Assert.Equal("10.00", InputAt("2025-06-09T23:59:59.9999999Z"));
        Assert.Equal("2.00", InputAt("2025-06-10T00:00:00Z"));
        Assert.Equal("10.00", InputAt("2025-06-10T01:00:00+02:00"));
        Assert.Equal("2.00", InputAt("2025-12-31T23:59:59Z"));
        Assert.Null(InputAt("2026-01-01T00:00:00Z"));

        string? InputAt(string at) => table.TryFind("p", "m", DateTimeOffset.Parse(at), out ModelPrice? price) ? price.InputUsdPerMillion : null;
    }

    [Fact]
    public void A_price_knows_its_dates_and_where_it_comes_from()
    {
        PriceTable table = TestPrices.Table(TestPrices.File(
            """
            [{ "usd_per_million": { "input": "10", "output": "40" } },
             { "from": "2025-06-10", "usd_per_million": { "input": "2", "output": "8" }, "source": "list of June" }]
            """));

        Assert.True(table.TryFind("p", "m", new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), out ModelPrice? first));
        Assert.True(table.TryFind("p", "m", TestPrices.Noon, out ModelPrice? second));
        Assert.Equal((null, null, new DateOnly(2025, 6, 10), "test 1"), (first.From, first.FromText, first.Until, first.Source));
        Assert.Equal((new DateOnly(2025, 6, 10), "2025-06-10", null, "list of June"), (second.From, second.FromText, second.Until, second.Source));
        Assert.Equal(("2.00", "8.00"), (second.InputUsdPerMillion, second.OutputUsdPerMillion));
    }

    [Fact]
    public void A_window_of_the_day_has_its_own_price()
    {
        PriceTable table = TestPrices.Table(TestPrices.File(
            """
            [{ "usd_per_million": { "input": "1", "output": "2" }, "windows": [
               { "days": ["mon", "fri"], "from_utc": "01:00", "to_utc": "04:00", "usd_per_million": { "input": "3", "output": "4" } },
               { "from_utc": "16:30", "to_utc": "24:00", "usd_per_million": { "input": "5", "output": "6" } }] }]
            """));

        Assert.Equal("1.00", InputAt("2026-01-16T00:59:59Z")); // a Friday
        Assert.Equal("3.00", InputAt("2026-01-16T01:00:00Z"));
        Assert.Equal("3.00", InputAt("2026-01-16T03:59:59Z"));
        Assert.Equal("1.00", InputAt("2026-01-16T04:00:00Z"));
        Assert.Equal("1.00", InputAt("2026-01-17T02:00:00Z")); // a Saturday
        Assert.Equal("3.00", InputAt("2026-01-19T02:00:00Z")); // a Monday
        Assert.Equal("1.00", InputAt("2026-01-17T16:29:59Z"));
        Assert.Equal("5.00", InputAt("2026-01-17T23:59:59Z"));

        string? InputAt(string at) => table.TryFind("p", "m", DateTimeOffset.Parse(at), out ModelPrice? price) ? price.InputUsdPerMillion : null;
    }

    [Fact]
    public void A_model_is_found_by_id_or_alias_with_its_provider_or_the_first_in_the_file_without()
    {
        PriceTable table = TestPrices.Table(TestPrices.FileOf(
            Model("vendor", "big", "1"),
            Model("reseller", "big", "9"),
            Model("reseller", "small", "8", """, "aliases": ["tiny"] """)));

        Assert.Equal("1.00", Input("vendor", "big"));
        Assert.Equal("9.00", Input("reseller", "big"));
        Assert.Equal("8.00", Input("reseller", "tiny"));
        Assert.Null(Input("vendor", "small"));
        Assert.Null(Input("nobody", "big"));
        Assert.Equal("1.00", Input("vendor", "BIG"));
        Assert.True(table.TryFind("big", TestPrices.Noon, out ModelPrice? first));
        Assert.Equal("1.00", first.InputUsdPerMillion);
        Assert.True(table.TryFind("tiny", TestPrices.Noon, out _));
        Assert.False(table.TryFind("huge", TestPrices.Noon, out _));
        Assert.True(table.TryFindModel("tiny", out PriceEntry? model));
        Assert.Equal(("reseller", "small"), (model.Provider, model.Id));

        string? Input(string provider, string id) => table.TryFind(provider, id, TestPrices.Noon, out ModelPrice? price) ? price.InputUsdPerMillion : null;
        static string Model(string provider, string id, string input, string extra = "") =>
            $$"""{ "provider": "{{provider}}", "id": "{{id}}", "kind": "chat", "output_limit_member": "max_tokens"{{extra}}, "prices": [{ "usd_per_million": { "input": "{{input}}", "output": "1" } }] }""";
    }

    [Fact]
    public void Limits_capabilities_and_kind_are_what_the_file_says_and_unknown_where_it_says_nothing()
    {
        PriceTable table = TestPrices.Table(TestPrices.FileOf(
            $$"""
            { "provider": "p", "id": "a", "kind": "chat", "context_window_tokens": 128000, "max_output_tokens": 4096, "max_image_tokens": 85,
              "capabilities": ["text", "vision"], "output_limit_member": "max_completion_tokens", "prices": [{{Flat}}] }
            """,
            """{ "provider": "p", "id": "b", "kind": "embedding", "prices": [{ "usd_per_million": { "input": "1" } }] }"""));

        PriceEntry chat = table.Models[0];
        PriceEntry embedding = table.Models[1];
        Assert.Equal(new ModelLimits(128_000, 4_096, 85), chat.Limits);
        Assert.Equal(["text", "vision"], chat.Capabilities);
        Assert.Equal((ModelKind.Chat, "max_completion_tokens"), (chat.Kind, chat.OutputLimitMember));
        Assert.Equal(new ModelLimits(null, null, null, WindowIsPerInput: true), embedding.Limits);
        Assert.Equal((ModelKind.Embedding, null), (embedding.Kind, embedding.OutputLimitMember));
    }

    [Theory]
    [InlineData("""[{ "usd_per_million": { "input": "1", "output": "2", "cache_raed": "3" } }]""", "unknown component \"cache_raed\"")]
    [InlineData("""[{ "usd_per_million": { "input": "1", "output": "2" }, "usd_each": { "reqest": "3" } }]""", "unknown unit \"reqest\"")]
    [InlineData("""[{ "usd_per_million": { "input": "1", "output": "2" }, "batch_factor": "1.5" }]""", "\"1.5\" is not a decimal from 0 to 1")]
    [InlineData("""[{ "usd_per_million": { "input": "1", "output": "2" }, "service_tiers": [] }]""", "service_tiers: must be an object")]
    [InlineData("""[{ "usd_per_million": { "input": "1", "output": "2" }, "service_tiers": { "default": { "usd_per_million": { "input": "1", "output": "2" } } } }]""", "names the ordinary tier")]
    [InlineData("""[{ "usd_per_million": { "input": "1", "output": "2" }, "service_tiers": { "flex": { "usd_per_million": { "input": "1" } } } }]""", "service_tiers.flex.usd_per_million: \"output\" is missing")]
    [InlineData("""[{ "usd_per_million": { "input": "1", "output": "2" }, "usd_each": { "image/": "3" } }]""", "unknown unit \"image/\"")]
    [InlineData("""[{ "usd_per_million": { "input": "1", "output": "2" }, "usd_each": { "audio_hour": "3", "audio_second": "1" } }]""", "is priced by the second and by the hour")]
    [InlineData("""[{ "usd_each": { "request": "3" } }]""", "\"usd_per_million\" is missing")]
    [InlineData("""[{ "usd_per_million": { "input": "1", "output": "2" }, "untill": "2025-01-01" }]""", "unknown member \"untill\"")]
    [InlineData("""[{ "usd_per_million": { "input": "1" } }]""", "\"output\" is missing")]
    [InlineData("""[{ "usd_per_million": { "output": "1" } }]""", "\"input\" is missing")]
    [InlineData("""[{ }]""", "\"usd_per_million\" is missing")]
    [InlineData("""[{ "usd_per_million": [] }]""", "usd_per_million: must be an object")]
    [InlineData("""[]""", "\"prices\" is empty")]
    [InlineData("""{}""", "\"prices\" must be an array")]
    [InlineData("""[7]""", "prices[0]: must be an object")]
    [InlineData("""[{ "usd_per_million": { "input": 1, "output": "2" } }]""", "input: must be a string")]
    [InlineData("""[{ "usd_per_million": { "input": "1e3", "output": "2" } }]""", "\"1e3\" is not a decimal")]
    [InlineData("""[{ "usd_per_million": { "input": "-1", "output": "2" } }]""", "\"-1\" is not a decimal")]
    [InlineData("""[{ "usd_per_million": { "input": "1000000.01", "output": "2" } }]""", "\"1000000.01\" is not a decimal")]
    [InlineData("""[{ "usd_per_million": { "input": "0.0000000001", "output": "2" } }]""", "at most 9 decimals")]
    [InlineData("""[{ "usd_per_million": { "input": "1", "input": "2", "output": "2" } }]""", "not a JSON document")]
    [InlineData("""[{ "from": "2025-13-01", "usd_per_million": { "input": "1", "output": "2" } }]""", "\"2025-13-01\" is not a date")]
    [InlineData("""[{ "from": "2025-02-01", "until": "2025-02-01", "usd_per_million": { "input": "1", "output": "2" } }]""", "ends (2025-02-01) before it begins")]
    [InlineData("""[{ "until": "2025-02-02", "usd_per_million": { "input": "1", "output": "2" } }, { "from": "2025-02-01", "usd_per_million": { "input": "1", "output": "2" } }]""", "overlaps the next period")]
    [InlineData("""[{ "from": "2025-02-01", "usd_per_million": { "input": "1", "output": "2" } }, { "from": "2025-02-01", "usd_per_million": { "input": "1", "output": "2" } }]""", "overlaps the next period")]
    [InlineData("""[{ "from": "2025-02-01", "usd_per_million": { "input": "1", "output": "2" } }, { "usd_per_million": { "input": "1", "output": "2" } }]""", "only the first period may begin at no known date")]
    [InlineData("""[{ "usd_per_million": { "input": "1", "output": "2" }, "tiers": [{ "above_input_tokens": 5, "usd_per_million": { "input": "1", "output": "2", "cache_read": "1" } }] }]""", "must state the same components")]
    [InlineData("""[{ "usd_per_million": { "input": "1", "output": "2" }, "tiers": [{ "above_input_tokens": 5, "usd_per_million": { "input": "1", "output": "2" } }, { "above_input_tokens": 5, "usd_per_million": { "input": "1", "output": "2" } }] }]""", "rising order")]
    [InlineData("""[{ "usd_per_million": { "input": "1", "output": "2" }, "tiers": [{ "usd_per_million": { "input": "1", "output": "2" } }] }]""", "\"above_input_tokens\" is missing")]
    [InlineData("""[{ "usd_per_million": { "input": "1", "output": "2" }, "windows": [{ "from_utc": "05:00", "to_utc": "04:00", "usd_per_million": { "input": "1", "output": "2" } }] }]""", "must end after it begins")]
    [InlineData("""[{ "usd_per_million": { "input": "1", "output": "2" }, "windows": [{ "from_utc": "05:00", "to_utc": "25:00", "usd_per_million": { "input": "1", "output": "2" } }] }]""", "\"25:00\" is not a time")]
    [InlineData("""[{ "usd_per_million": { "input": "1", "output": "2" }, "windows": [{ "days": ["mon", "tuesday"], "from_utc": "05:00", "to_utc": "06:00", "usd_per_million": { "input": "1", "output": "2" } }] }]""", "\"tuesday\" is none of")]
    [InlineData("""[{ "usd_per_million": { "input": "1", "output": "2" }, "windows": [{ "from_utc": "05:00", "to_utc": "07:00", "usd_per_million": { "input": "1", "output": "2" } }, { "days": ["sun"], "from_utc": "06:59", "to_utc": "08:00", "usd_per_million": { "input": "1", "output": "2" } }] }]""", "overlaps a window before it")]
    public void A_faulty_price_is_refused_with_its_place(string prices, string expected)
    {
        string error = Assert.Single(TestPrices.Errors(TestPrices.File(prices)));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.True(error.StartsWith("models[0] p/m", StringComparison.Ordinal) || error.StartsWith("not a JSON", StringComparison.Ordinal), error);
    }

    [Theory]
    [InlineData(""", "capabilities": ["mindreading"] """, "unknown capability \"mindreading\"")]
    [InlineData(""", "capabilities": ["audio_in"] """, "\"input_audio\" is missing")]
    [InlineData(""", "capabilities": ["audio_out"] """, "\"output_audio\" is missing")]
    [InlineData(""", "aliases": ["m"] """, "\"m\" already names a model of p")]
    [InlineData(""", "aliases": ["ft:*"] """, "a name is exact")]
    [InlineData(""", "aliases": [""] """, "aliases[0]: must be a string")]
    [InlineData(""", "max_output_tokens": 0 """, "max_output_tokens: must be a whole number")]
    [InlineData(""", "max_output_tokens": "9" """, "max_output_tokens: must be a whole number")]
    [InlineData(""", "context_window": 9 """, "unknown member \"context_window\"")]
    public void A_faulty_model_is_refused_with_its_place(string extra, string expected)
        => Assert.Contains(expected, Assert.Single(TestPrices.Errors(TestPrices.File($"[{Flat}]", extra))), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{ "provider": "P", "id": "m", "kind": "chat", "output_limit_member": "max_tokens" }""", "lower case")]
    [InlineData("""{ "provider": "p", "kind": "chat", "output_limit_member": "max_tokens" }""", "\"id\" is missing")]
    [InlineData("""{ "id": "m", "kind": "chat", "output_limit_member": "max_tokens" }""", "\"provider\" is missing")]
    [InlineData("""{ "provider": "p", "id": "m", "kind": "chta" }""", "unknown kind \"chta\"")]
    [InlineData("""{ "provider": "p", "id": "m", "kind": "chat", "output_limit_member": "max" }""", "must be max_completion_tokens or max_tokens")]
    [InlineData("""{ "provider": "p", "id": "m", "kind": "embedding", "output_limit_member": "max_tokens" }""", "no output to limit")]
    public void A_model_says_who_provides_it_what_it_is_called_and_for(string model, string expected)
        => Assert.Contains(
            expected,
            Assert.Single(TestPrices.Errors(TestPrices.FileOf(model.Replace(" }", $$""", "prices": [{{Flat}}] }""", StringComparison.Ordinal)))),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("", "not a JSON document")]
    [InlineData("{", "not a JSON document")]
    [InlineData("[]", "file: must be an object")]
    [InlineData("{}", "\"format\" is missing")]
    [InlineData("""{ "format": 2, "currency": "USD", "source": {}, "models": [] }""", "this version reads format 1, not 2")]
    [InlineData("""{ "format": 1, "currency": "EUR", "source": { "name": "x" }, "models": [] }""", "must be USD, not EUR")]
    [InlineData("""{ "format": 1, "currency": "USD", "models": [] }""", "\"source\" is missing")]
    [InlineData("""{ "format": 1, "currency": "USD", "source": { "name": "x" } }""", "\"models\" is missing")]
    [InlineData("""{ "format": 1, "currency": "USD", "source": { "name": "x" }, "models": [] }""", "\"models\" is empty")]
    public void What_is_no_price_file_is_refused(string file, string expected)
        => Assert.Contains(TestPrices.Errors(file), error => error.Contains(expected, StringComparison.Ordinal));

    [Fact]
    public void All_faults_are_reported_at_once()
    {
        IReadOnlyList<string> errors = TestPrices.Errors(TestPrices.FileOf(
            """{ "provider": "p", "id": "a", "kind": "chat", "output_limit_member": "x", "prices": [{ "usd_per_million": { "input": "?", "output": "!" } }] }""",
            """{ "provider": "p", "id": "a", "kind": "chat", "output_limit_member": "max_tokens", "prices": [] }"""));

        Assert.Equal(5, errors.Count);
    }

    [Fact]
    public void The_same_id_may_stand_under_two_providers_but_not_twice_under_one()
    {
        string one = $$"""{ "provider": "p", "id": "a", "aliases": ["b"], "kind": "chat", "output_limit_member": "max_tokens", "prices": [{{Flat}}] }""";
        string other = one.Replace("\"p\"", "\"q\"", StringComparison.Ordinal);

        Assert.Empty(TestPrices.Errors(TestPrices.FileOf(one, other)));
        Assert.Equal(2, TestPrices.Errors(TestPrices.FileOf(one, one)).Count);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        (PriceTable? table, IReadOnlyList<string> errors) = PriceTable.Load([0x7B, 0x22, 0xFF, 0xFE, 0x00]);

        Assert.Null(table);
        Assert.Single(errors);
        Assert.Contains("not a JSON document", errors[0], StringComparison.Ordinal);
        Assert.NotEmpty(PriceTable.Load(Encoding.UTF8.GetBytes(new string('[', 10_000))).Errors);
    }
}
