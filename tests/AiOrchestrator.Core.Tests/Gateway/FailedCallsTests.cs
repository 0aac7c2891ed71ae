using System.Net;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers;
using AiOrchestrator.Core.Tests.Providers.Health;

namespace AiOrchestrator.Core.Tests.Gateway;

/// <summary>Money of calls that fail.</summary>
public sealed class FailedCallsTests
{
    private const string Ask = """{"model":"m","messages":[{"role":"user","content":"Hi"}]}""";

    [Fact]
    public async Task Whoever_has_read_a_failure_finds_it_settled()
    {
        await using var scene = await HealthScene.StartAsync();
        scene.A.Answer = FakeProvider.Only(400);
        for (var i = 0; i < 100; i++)
        {
            var answer = await scene.Host.Caller.PostAsync("/v1/chat/completions", Ask);
            Assert.Equal((HttpStatusCode.BadRequest, true), (answer.Status, scene.Host.Stream.OfAsync(answer.Message).IsCompletedSuccessfully));
        }
    }
}
