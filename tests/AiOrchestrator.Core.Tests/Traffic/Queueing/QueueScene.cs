using System.Net;
using System.Text.Json;
using AiOrchestrator.Core.Limits;
using AiOrchestrator.Core.Tests.Hosting;
using AiOrchestrator.Core.Tests.Providers;
using AiOrchestrator.Core.Tests.Providers.Health;
using AiOrchestrator.Core.Traffic.Queueing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Tests.Traffic.Queueing;

/// <summary>The product before one provider on a real socket, under a clock that the test moves, the line's timers included.</summary>
internal sealed class QueueScene : IAsyncDisposable
{
    public const string Chat = "/v1/chat/completions";
    public const string Ask = """{"model":"m","max_tokens":4,"messages":[{"role":"user","content":"Hi"}]}""";

    private readonly List<TaskCompletionSource> _held = [];
    private readonly Lock _lock = new();

    public required CoreHost Host { get; init; }

    public required FakeProvider Provider { get; init; }

    public required HandTimers Timers { get; init; }

    public ProviderQueues Queues => Host.Services.GetRequiredService<ProviderQueues>();

    public static async Task<QueueScene> StartAsync(string members = "", Action<QueueOptions>? options = null, CoreHost? on = null)
    {
        var timers = new HandTimers();
        var host = await CoreHost.StartAsync(new() { ["KEY"] = "sk-secret" }, on, services => services
            .AddInProcessRates()
            .Configure<QueueOptions>(o => options?.Invoke(o))
            .AddSingleton(s => new ProviderQueues(
                s.GetRequiredService<IOptions<QueueOptions>>(), s.GetRequiredService<RatePools>(), timers.By(s.GetRequiredService<TimeProvider>()))));
        var scene = new QueueScene { Host = host, Provider = await FakeProvider.StartAsync(), Timers = timers };
        var created = await host.Admin.PostAsync("/control/v1/providers", HealthScene.Row("p", scene.Provider.Address, 1, members));
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return scene;
    }

    /// <summary>Limits calls to the provider; the limit's id.</summary>
    public async Task<string> LimitAsync(string members, string scope = "provider", string subject = "p")
    {
        var created = await Host.Admin.PostAsync("/control/v1/limits", $$"""{"scope":"{{scope}}","subject":"{{subject}}",{{members}}}""");
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return created.Json.Text("id");
    }

    /// <summary>A key of its own wallet below none.</summary>
    public async Task<HttpClient> KeyAsync(string role = "member")
    {
        var wallet = (await Host.Admin.PostAsync("/control/v1/wallets", """{"name":"w","limit_usd":"10"}""")).Json.Text("id");
        var created = await Host.Admin.PostAsync("/control/v1/keys", $$"""{"name":"k","wallet_id":"{{wallet}}","role":"{{role}}"}""");
        Assert.True(created.Status == HttpStatusCode.Created, created.Text);
        return Host.ClientFor(created.Json.Text("key"));
    }

    /// <summary>A call.</summary>
    /// <param name="wait">What it says in <c>x-max-wait-ms</c>.</param>
    /// <param name="priority">What it says in <c>x-priority</c>.</param>
    /// <param name="client">Who calls; the first key where nobody is named.</param>
    /// <param name="body">What it asks.</param>
    /// <param name="leaves">The client goes away.</param>
    public async Task<Answer> CallAsync(string? wait = "300000", string? priority = null, HttpClient? client = null, string body = Ask, CancellationToken leaves = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Chat) { Content = new StringContent(body, null, "application/json") };
        AddHeader("x-max-wait-ms", wait);
        AddHeader("x-priority", priority);
        var response = await (client ?? Host.Caller).SendAsync(request, leaves == default ? TestContext.Current.CancellationToken : leaves);
        return new Answer(response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), response);

        void AddHeader(string name, string? value)
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }
    }

    /// <summary>From now on the provider keeps calls waiting until they are let go.</summary>
    public void Hold() => Provider.Wait = () =>
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _held.Add(held);
        }

        return held.Task;
    };

    /// <summary>The provider answers the oldest of the calls it keeps waiting.</summary>
    public void LetGo()
    {
        lock (_lock)
        {
            _held[0].SetResult();
            _held.RemoveAt(0);
        }
    }

    /// <summary>Waits until so many calls wait in line and the line waits for its time, or for a place.</summary>
    public Task WaitingAsync(int calls, bool forPlace = false) => UntilAsync(() =>
        Queues.Find(Host.Installation.OrganisationId, "p") is var line && (line?.Count ?? 0) == calls && (calls == 0 || forPlace || Timers.Set == calls + 1));

    /// <summary>Waits until the provider has so many calls in hand.</summary>
    public Task HeldAsync(int calls) => UntilAsync(() =>
    {
        lock (_lock)
        {
            return _held.Count == calls;
        }
    });

    /// <summary>Time passes, and what is due is done.</summary>
    public void Pass(double seconds)
    {
        Host.Time.Advance(TimeSpan.FromSeconds(seconds));
        Timers.Fire();
    }

    public static string? Header(Answer answer, string name) => answer.Message.Headers.TryGetValues(name, out var values) ? values.Single() : null;

    public async Task<JsonElement[]> ListAsync(HttpClient client) =>
        [.. (await Http.GetAsync(client, "/v1/queue")).Json.GetProperty("data").EnumerateArray()];

    /// <summary>One provider of a list of the control API.</summary>
    public async Task<JsonElement> OfAsync(string path) =>
        (await Http.GetAsync(Host.Admin, path)).Json.GetProperty("data").EnumerateArray().Single(static p => p.Text("provider") == "p");

    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _held.ForEach(static h => h.TrySetResult());
        }

        await Host.DisposeAsync();
        await Provider.DisposeAsync();
    }

    public static async Task UntilAsync(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (!condition())
        {
            patience.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}

/// <summary>The clocks of another, and timers that fire when a test says so: all that are due.</summary>
internal sealed class HandTimers : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<HandTimer> _timers = [];
    private TimeProvider _clock = System;

    public override long TimestampFrequency => _clock.TimestampFrequency;

    /// <summary>How many are set.</summary>
    public int Set
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count(static t => t.Due != long.MaxValue);
            }
        }
    }

    public HandTimers By(TimeProvider clock)
    {
        _clock = clock;
        return this;
    }

    public override long GetTimestamp() => _clock.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => _clock.GetUtcNow();

    public void Fire()
    {
        List<HandTimer> due;
        lock (_lock)
        {
            due = _timers.FindAll(t => t.Due <= GetTimestamp());
            due.ForEach(static t => t.Due = long.MaxValue);
        }

        due.ForEach(static t => t.Fire());
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new HandTimer(this, () => callback(state));
        lock (_lock)
        {
            _timers.Add(timer);
        }

        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class HandTimer(HandTimers timers, Action fire) : ITimer
    {
        public long Due { get; set; } = long.MaxValue;

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (timers._lock)
            {
                Due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : timers.GetTimestamp() + (long)(dueTime.TotalSeconds * timers.TimestampFrequency);
                return true;
            }
        }

        public void Dispose()
        {
            lock (timers._lock)
            {
                timers._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
