using System.Text.Json;
using AiOrchestrator.Core.Insight.Reviews;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using static AiOrchestrator.Core.Tests.Insight.Rerating.ReratingScene;

namespace AiOrchestrator.Core.Tests.Insight.Rerating;

/// <summary>Calls that were charged 0.001 dollars at once, and of the 0.005 claimed beyond all, a part or nothing; at 2 and 10 dollars a million they come to 0.003.</summary>
public sealed class ReratingOfReviewedTests
{
    private const string TwoAndTen = """{"input":"2","output":"10"}""";

    [Fact]
    public async Task What_a_review_charged_in_full_is_priced_again_and_what_it_released_stays_released()
    {
        await using var scene = await StartAsync();
        var leaf = await scene.WalletAsync();
        var calls = await DisputedAsync(scene, leaf, 4);
        await DecideAsync(scene, calls[0], "accept", "{}");
        await DecideAsync(scene, calls[1], "accept", """{"amount_usd":"0.002"}""");
        await DecideAsync(scene, calls[2], "reject", "{}");
        scene.Host.Time.Advance(TimeSpan.FromHours(1));

        var view = await scene.RerateAsync(TwoAndTen);

        Assert.Equal(("0.006", "0.003", 1L), (view.Text("before_usd"), view.Text("now_usd"), view.GetProperty("calls_priced").GetInt64()));
        Assert.Equal((2L, 1L), (Skipped(view, "review_rejected"), Skipped(view, "under_review")));
        Assert.Equal(-3_000_000, Assert.Single(scene.Corrections(leaf)).Amount);
        Assert.Equal(8_000_000, await scene.SpentAsync(leaf));
        var row = Assert.Single((await Http.GetAsync(scene.Host.Admin, "/control/v1/chargeback")).Json.GetProperty("data").EnumerateArray());
        Assert.Equal(("0.004", "0.004", "0.008"), (row.Text("cost_usd"), row.Text("adjustments_usd"), row.Text("total_usd")));

        await DecideAsync(scene, calls[3], "accept", "{}");
        var later = await scene.RerateAsync(TwoAndTen);
        Assert.Equal(("0.009", "0.006", 1L), (later.Text("before_usd"), later.Text("now_usd"), later.GetProperty("calls_corrected").GetInt64()));
        Assert.Equal(10_000_000, await scene.SpentAsync(leaf));
    }

    [Fact]
    public async Task A_call_shows_what_it_costs_now_and_how_it_came_to_that()
    {
        await using var scene = await StartAsync();
        var leaf = await scene.WalletAsync();
        var calls = await DisputedAsync(scene, leaf, 4);
        await DecideAsync(scene, calls[0], "accept", "{}");
        await DecideAsync(scene, calls[1], "accept", """{"amount_usd":"0.002"}""");
        await DecideAsync(scene, calls[2], "reject", "{}");
        scene.Host.Time.Advance(TimeSpan.FromHours(1));
        var plain = await CostAsync(scene, calls[0]);
        await scene.RerateAsync(TwoAndTen);

        Assert.Equal(("accepted", "0.001", "0.005", null, "0.006"), plain);
        Assert.Equal(("accepted", "0.001", "0.005", "0.003", "0.003"), await CostAsync(scene, calls[0]));
        Assert.Equal(("accepted", "0.001", "0.002", null, "0.003"), await CostAsync(scene, calls[1]));
        Assert.Equal(("rejected", "0.001", "0.00", null, "0.001"), await CostAsync(scene, calls[2]));
        Assert.Equal(("open", "0.001", null, null, "0.001"), await CostAsync(scene, calls[3]));
        Assert.Equal("0.005", (await Http.GetAsync(scene.Host.Admin, $"/v1/usage/{calls[0]}")).Json.Text("charged_later_usd"));
    }

    private static async Task<(string? Review, string Charged, string? Later, string? Rerated, string Total)> CostAsync(ReratingScene scene, string id)
    {
        var cost = (await Http.GetAsync(scene.Host.Admin, $"/v1/usage/{id}/cost")).Json;
        return (
            cost.GetProperty("review").GetString(),
            cost.Text("charged_usd"),
            cost.GetProperty("charged_later_usd").GetString(),
            cost.GetProperty("rerated_usd").GetString(),
            cost.Text("total_usd"));
    }

    private static long Skipped(JsonElement view, string why) => view.GetProperty("skipped").GetProperty(why).GetInt64();

    private static async Task DecideAsync(ReratingScene scene, string id, string verdict, string body) =>
        Assert.Equal("closed", (await scene.Host.Admin.PostAsync($"/control/v1/reviews/{id}/{verdict}", body)).Json.Text("state"));

    private static async Task<List<string>> DisputedAsync(ReratingScene scene, string leaf, int count)
    {
        var ids = new List<string>();
        for (var i = 0; i < count; i++)
        {
            var usage = await scene.CallAsync(1_000_000, [leaf], change: static u => u.SuspendedNanoUsd = 5_000_000);
            await scene.Host.Services.GetRequiredService<TakeDisputes>().ExecuteAsync(
                [new StreamEntry(1, usage, Line: null) { Wallets = [new WalletShare(leaf, 1)] }], Cancel);
            ids.Add(usage.Id);
        }

        return ids;
    }
}
