using System.Net;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Gateway.Batches;

/// <summary>The money of batches: settled once, whoever looks, whoever dies, and where nobody looks.</summary>
public sealed class BatchMoneyTests : IAsyncLifetime
{
    private BatchesScene _scene = null!;

    public async ValueTask InitializeAsync() => _scene = await BatchesScene.StartAsync();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    [Fact]
    public async Task Many_who_look_at_once_settle_it_once()
    {
        var id = await BeginAsync();
        End();
        await Task.WhenAll([.. Enumerable.Range(0, 8).Select(_ => (Task)_scene.LookAsync(id)), _scene.MinuteAsync()]);
        await _scene.MinuteAsync(3);
        Assert.Single(_scene.Refunds());
        Assert.Equal("0.00009", await _scene.SpentAsync());
        Assert.Equal(1, (await Http.GetAsync(_scene.Host.Caller, "/v1/files?purpose=batch_output")).Json.GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task One_nobody_asks_about_is_settled_as_well()
    {
        await BeginAsync();
        await _scene.MinuteAsync(90);
        Assert.Equal(62, _scene.Count("GET /v1/batches/"));
        End();
        await _scene.MinuteAsync(15);
        Assert.Equal("0.00009", await _scene.SpentAsync());
        var looked = _scene.Count("GET");
        await _scene.MinuteAsync(60);
        Assert.Equal(looked, _scene.Count("GET"));
    }

    [Fact]
    public async Task Whoever_dies_at_any_write_loses_nothing_and_settles_nothing_twice()
    {
        for (var writes = 0; writes < 12; writes++)
        {
            var before = _scene.Refunds().Count;
            _scene.Status = "in_progress";
            var id = await BeginAsync();
            End();
            var left = writes;
            _scene.Host.Documents.BeforeWrite = () =>
            {
                if (Interlocked.Decrement(ref left) < 0)
                {
                    throw new IOException("the store does not answer");
                }
            };
            _ = await _scene.LookAsync(id);
            _scene.Host.Documents.BeforeWrite = null;
            await _scene.MinuteAsync(2);
            Assert.Equal((writes, before + 1), (writes, _scene.Refunds().Count));
        }

        Assert.Equal("0.00108", await _scene.SpentAsync());
    }

    [Fact]
    public async Task A_restart_goes_on_where_the_other_died()
    {
        var id = await BeginAsync();
        await _scene.SpentAsync();
        End();
        _scene.Host.Documents.BeforeWrite = static () => throw new IOException("the store does not answer");
        _ = await _scene.LookAsync(id);
        _scene.Host.Documents.BeforeWrite = null;
        await _scene.RestartAsync();
        Assert.Empty(_scene.Refunds());
        await _scene.MinuteAsync();
        Assert.Single(_scene.Refunds());
        Assert.Equal("completed", (await Http.GetAsync(_scene.Host.Caller, "/v1/batches")).Json.GetProperty("data")[0].Text("status"));
    }

    [Fact]
    public async Task Results_that_cannot_be_had_are_waited_for_and_for_30_days_at_most()
    {
        var id = await BeginAsync();
        var reserved = await _scene.SpentAsync();
        End();
        _scene.Refuse = 500;
        Assert.NotEqual(HttpStatusCode.OK, (await _scene.LookAsync(id)).Status);
        await _scene.MinuteAsync(2);
        Assert.Equal(reserved, await _scene.SpentAsync());
        _scene.Host.Time.Advance(TimeSpan.FromDays(31));
        await _scene.MinuteAsync(61);
        _scene.Refuse = null;
        await _scene.MinuteAsync(61);
        Assert.Empty(_scene.Refunds());
        Assert.Equal(HttpStatusCode.OK, (await _scene.LookAsync(id)).Status);
    }

    [Theory]
    [InlineData("""{"custom_id":"b","response":{"status_code":500,"request_id":""},"error":{"message":"x"}}""")]
    [InlineData("""{"custom_id":"b","response":{"status_code":200,"body":{"error":{"message":"x","type":"server_error"}}},"error":null}""")]
    [InlineData("""{"custom_id":"b","response":null,"error":{"code":"batch_expired"}}""")]
    public async Task A_call_that_failed_costs_nothing_however_its_line_says_so(string line)
    {
        var id = await BeginAsync();
        End();
        _scene.Errors = line;
        await BatchesScene.OkAsync(_scene.LookAsync(id));
        Assert.Equal("0.00009", await _scene.SpentAsync());
    }

    [Fact]
    public async Task Answered_calls_without_a_file_of_them_are_not_given_back()
    {
        var id = await BeginAsync();
        var reserved = await _scene.SpentAsync();
        (_scene.Answered, _scene.Status) = (1, "completed");
        Assert.Equal(HttpStatusCode.BadGateway, (await _scene.LookAsync(id)).Status);
        Assert.Equal(reserved, await _scene.SpentAsync());
        End();
        await BatchesScene.OkAsync(_scene.LookAsync(id));
        Assert.Equal("0.00009", await _scene.SpentAsync());
    }

    private async Task<string> BeginAsync()
    {
        var id = await _scene.BatchAsync(BatchesScene.Line("a"), BatchesScene.Line("b"));
        await _scene.DeliverAsync();
        return id;
    }

    private void End()
    {
        _scene.Output = BatchesScene.Result("a", 10, 20);
        _scene.Status = "completed";
    }
}
