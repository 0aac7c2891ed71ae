using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Gateway.Caching;

/// <summary>CA-08: two levels, of which one is shared and survives a restart; what goes wrong in it costs a call, never a wrong answer.</summary>
public sealed class CacheOverRestartsTests
{
    [Fact]
    public async Task An_answer_is_given_again_by_another_instance_and_after_a_restart()
    {
        await using var scene = await CacheScene.StartAsync();
        var first = await scene.AskAsync("Hello");
        await StoredAsync(scene);
        await using var other = await CacheScene.RestartAsync(scene);

        var again = await other.AskAsync("Hello");

        Assert.Equal(("hit", first.Text, 0), (again.Cache, again.Text, scene.O.Calls - 1));
    }

    [Fact]
    public async Task A_stored_answer_with_a_changed_byte_is_never_given()
    {
        await using var scene = await CacheScene.StartAsync();
        var first = await scene.AskAsync("Hello");
        await StoredAsync(scene);
        var (name, key) = (scene.Host.Installation.OrganisationId + "/" + first.Header("x-cache-namespace"), first.Header("x-cache-key")!);
        var stored = await scene.Host.Answers.GetAsync(name, key, TestContext.Current.CancellationToken);
        var bytes = stored!.Sealed.ToArray();
        bytes[^1] ^= 1;
        scene.Host.Answers.Plant(name, key, stored with { Sealed = bytes });
        await using var other = await CacheScene.RestartAsync(scene);

        var again = await other.AskAsync("Hello");

        Assert.Equal(("miss", 2), (again.Cache, scene.O.Calls));
        await LaterAsync(other, () => other.Host.Admin.SendAsync(HttpMethod.Get, "/control/v1/alerts", null).Result.Text.Contains("cache_corrupted", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_the_store_calls_go_on_and_what_is_in_memory_is_given()
    {
        await using var scene = await CacheScene.StartAsync();
        scene.Host.Answers.BeforeRead = scene.Host.Answers.BeforeWrite = static _ => throw new IOException("the store is away");

        var first = await scene.AskAsync("Hello");
        Assert.Equal(("miss", "hit", 1), (first.Cache, (await scene.AskAsync("Hello")).Cache, scene.O.Calls));
        Assert.Equal(System.Net.HttpStatusCode.OK, (await scene.AskAsync("Hi")).Message.StatusCode);
    }

    private static Task StoredAsync(CacheScene scene) => LaterAsync(scene, () => scene.Host.Answers.Rows.Count == 1);

    /// <summary>What is to be done to the store lingers for a moment of the scene's time; the work itself takes some of ours, 20 s at most.</summary>
    private static async Task LaterAsync(CacheScene scene, Func<bool> condition)
    {
        for (var turn = 0; turn < 1000; turn++)
        {
            if (condition())
            {
                return;
            }

            scene.Host.Time.Advance(TimeSpan.FromMilliseconds(300));
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.Fail("it did not come about");
    }
}
