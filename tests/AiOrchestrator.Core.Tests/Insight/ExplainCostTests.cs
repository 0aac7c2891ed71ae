using System.Net;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Insight;

public sealed class ExplainCostTests
{
    [Fact]
    public async Task A_call_is_explained_part_by_part_from_its_own_record()
    {
        await using var host = await CoreHost.StartAsync();
        var usage = TestUsage.Event(1, host.Installation.OrganisationId, host.Installation.KeyId);
        usage.CostLines = "above=50;input=50@2;cache_read=10@0.2;output=5@4;audio_second=12.345@0.111/3600";
        usage.CostNanoUsd = 402_638;
        usage.SuspendedNanoUsd = 100_000;
        usage.PriceSource = "price list";
        usage.PriceFrom = "2026-01-01";
        host.Usage.Add(usage);

        var cost = (await Http.GetAsync(host.Caller, $"/v1/usage/{usage.Id}/cost")).Json;

        Assert.Equal(
            ["input 50 token 2 0.0001", "cache_read 10 token 0.2 0.000002", "output 5 token 4 0.00002", "audio_second 12.345 audio_second 0.111 0.0003806375"],
            cost.GetProperty("lines").EnumerateArray().Select(line => $"{line.Text("component")} {line.Text("quantity")} {line.Text("unit")} {line.Text("unit_usd")} {line.Text("amount_usd")}"));
        Assert.Equal(("0.000402638", "0.0001", "0.0000000005", "0.00"), (cost.Text("charged_usd"), cost.Text("suspended_usd"), cost.Text("rounding_usd"), cost.Text("adjustment_usd")));
        Assert.Equal(("price list", "2026-01-01", 50L), (cost.Text("price_source"), cost.Text("price_from"), cost.GetProperty("above_input_tokens").GetInt64()));
    }

    [Fact]
    public async Task A_call_without_lines_is_explained_by_its_two_prices()
    {
        await using var host = await CoreHost.StartAsync();
        var usage = TestUsage.Event(1, host.Installation.OrganisationId, host.Installation.KeyId);
        usage.InputUsdPerMillion = "0.10";
        usage.OutputUsdPerMillion = "0.40";
        host.Usage.Add(usage);

        var cost = (await Http.GetAsync(host.Caller, $"/v1/usage/{usage.Id}/cost")).Json;

        // 12 x 0.10 and 5 x 0.40 a million are 3,200 nano-dollars.
        Assert.Equal(["0.0000012", "0.000002"], cost.GetProperty("lines").EnumerateArray().Select(line => line.Text("amount_usd")));
        Assert.Equal(("0.0000032", "0", "0.00"), (cost.Text("charged_usd"), cost.Text("rounding_usd"), cost.Text("adjustment_usd")));
    }

    [Fact]
    public async Task Somebody_elses_call_is_not_explained()
    {
        await using var host = await CoreHost.StartAsync();
        var other = TestUsage.Event(2, host.Installation.OrganisationId, "key_other");
        host.Usage.Add(other);

        Assert.Equal("usage_not_found", (await Http.GetAsync(host.Caller, $"/v1/usage/{other.Id}/cost")).Code);
        Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync(host.Admin, $"/v1/usage/{other.Id}/cost")).Status);
    }
}
