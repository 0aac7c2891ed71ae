using System.Net;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Insight.Exports;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Tests.Insight;

/// <summary>The clock of these tests begins on 2027-01-15 at 08:00 UTC, when the installation is made.</summary>
public sealed class ScheduledExportsTests
{
    private const string Header = "cost_centre,team,team_name,wallet,wallet_name,key,model,provider,day,calls,prompt_tokens,completion_tokens,cost_usd,adjustments_usd,total_usd\r\n";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_day_is_written_once_an_hour_after_its_end_and_served_to_its_organisation()
    {
        await using var host = await CoreHost.StartAsync();
        host.Usage.Add(TestUsage.Event(1, host.Installation.OrganisationId, "key_1"));
        var exports = Exports(host, ExportSchedule.Daily);
        host.Time.Advance(TimeSpan.FromHours(17) - TimeSpan.FromMilliseconds(1));
        Assert.Empty(await exports.DueAsync(Cancel));

        host.Time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("2027-01-15", Assert.Single(await exports.DueAsync(Cancel)).Period);
        await exports.RunAsync(Cancel);
        Assert.Empty(await exports.DueAsync(Cancel));

        var listed = (await Http.GetAsync(host.Admin, "/control/v1/exports")).Json.GetProperty("data");
        var name = Assert.Single(listed.EnumerateArray()).Text("name");
        var csv = await Http.GetAsync(host.Admin, $"/control/v1/exports/{name}");
        Assert.Equal("chargeback/2027-01-15.csv", name);
        Assert.StartsWith(Header, csv.Text, StringComparison.Ordinal);
        Assert.EndsWith(",key_1,echo,echo,2027-01-15,1,12,5,0.0000032,0.00,0.0000032\r\n", csv.Text, StringComparison.Ordinal);
        Assert.Equal("text/csv", csv.Message.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task An_outage_is_caught_up_with_for_a_week_and_no_further_back_than_the_organisation_exists()
    {
        await using var host = await CoreHost.StartAsync();
        var exports = Exports(host, ExportSchedule.Daily);
        host.Time.Advance(TimeSpan.FromDays(3));
        Assert.Equal(["2027-01-15", "2027-01-16", "2027-01-17"], (await exports.DueAsync(Cancel)).Select(static t => t.Period));
        host.Time.Advance(TimeSpan.FromDays(30));
        Assert.Equal(7, (await exports.DueAsync(Cancel)).Count);
        Assert.Equal("2027-01", Assert.Single(await Exports(host, ExportSchedule.Monthly).DueAsync(Cancel)).Period);
        Assert.Empty(await Exports(host, ExportSchedule.None).DueAsync(Cancel));
    }

    [Fact]
    public async Task What_cannot_be_read_whole_leaves_no_blob_and_is_still_due()
    {
        await using var host = await CoreHost.StartAsync();
        var exports = Exports(host, ExportSchedule.Daily);
        host.Time.Advance(TimeSpan.FromDays(1));
        host.Usage.Broken = true;
        await Assert.ThrowsAsync<IOException>(() => exports.RunAsync(Cancel));
        Assert.Empty((await Http.GetAsync(host.Admin, "/control/v1/exports")).Json.GetProperty("data").EnumerateArray());
        Assert.Single(await exports.DueAsync(Cancel));
    }

    [Theory]
    [InlineData("chargeback/2027-01-15.csv")]
    [InlineData("..%2F..%2Fdead-letters")]
    [InlineData("%20")]
    public async Task What_is_not_there_is_404(string name)
    {
        await using var host = await CoreHost.StartAsync();
        var answer = await Http.GetAsync(host.Admin, $"/control/v1/exports/{name}");
        Assert.Equal((HttpStatusCode.NotFound, "export_not_found"), (answer.Status, answer.Code));
    }

    private static ScheduledExports Exports(CoreHost host, ExportSchedule schedule) => new(
        host.Services.GetRequiredService<Chargeback>(),
        host.Blobs,
        host.Documents,
        Options.Create(new InsightOptions { ChargebackExport = schedule }),
        host.Time);
}
