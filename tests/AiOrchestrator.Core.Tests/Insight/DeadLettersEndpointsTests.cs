using System.Net;
using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Tests.Insight;

public sealed class DeadLettersEndpointsTests
{
    [Fact]
    public async Task Letters_are_listed_and_replayed_once_the_cause_is_mended()
    {
        await using var host = await CoreHost.StartAsync();
        host.Usage.BeforeStore = static _ => throw new InvalidDataException("unknown to this version");
        await host.Services.GetRequiredService<UsageIngest>().IngestAsync(
            [
                IngestScene.Event(5, UsageEnvelope.Write(IngestScene.EndOf(1, 300))),
                IngestScene.Event(6, "never"),
            ],
            TestContext.Current.CancellationToken);
        var listed = await host.Admin.GetAsync("/control/v1/dead-letters", ifMatch: null);
        Assert.Equal(["2027-01-15/3-5.json", "2027-01-15/3-6.json"], listed.Json.GetProperty("data").EnumerateArray().Select(static l => l.Text("name")));
        Assert.True(listed.Json.GetProperty("data")[0].GetProperty("size_bytes").GetInt64() > 100);

        Assert.Equal("""{"stored":0,"poison":0,"postponed":0}""", (await host.Admin.PostAsync("/control/v1/dead-letters/replay", """{"prefix":"2027-01-16"}""")).Text);
        host.Usage.BeforeStore = null;
        Assert.Equal("""{"stored":1,"poison":1,"postponed":0}""", (await host.Admin.PostAsync("/control/v1/dead-letters/replay", "{}")).Text);
        Assert.Single((await host.Admin.GetAsync("/control/v1/dead-letters", ifMatch: null)).Json.GetProperty("data").EnumerateArray());
    }

    [Theory]
    [InlineData("""{"prefix":"../exports"}""")]
    [InlineData("""{"prefix":"a b"}""")]
    [InlineData("""{"prefix":7}""")]
    [InlineData("""{"other":"x"}""")]
    public async Task A_prefix_that_is_none_is_refused(string body)
    {
        await using var host = await CoreHost.StartAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Admin.PostAsync("/control/v1/dead-letters/replay", body)).Status);
    }
}
