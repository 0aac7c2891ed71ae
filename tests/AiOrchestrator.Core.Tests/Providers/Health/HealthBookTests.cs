using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Health;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Tests.Providers.Chat;

namespace AiOrchestrator.Core.Tests.Providers.Health;

/// <summary>What calls write and routes read, without a host.</summary>
public sealed class HealthBookTests
{
    private const long Noon = 1_800_000_000_000;

    private static readonly Sighting Well = new(HealthSignal.Ok, null, 200, 1_000);
    private static readonly Sighting Badly = new(HealthSignal.Failed, "upstream_failed", 500, 0);

    [Fact]
    public void A_call_that_went_well_and_a_route_that_is_looked_at_allocate_nothing()
    {
        var (book, route) = (new HealthBook(), Route("p", "m"));
        Turn();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            Turn();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Turn()
        {
            book.Note(route, Well, Noon);
            _ = book.StatusOf(route);
        }
    }

    [Fact]
    public async Task Signals_from_many_threads_are_all_counted_and_the_status_is_one_there_is()
    {
        var (book, route) = (new HealthBook(), Route("p", "m"));
        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                book.Note(route, (i + worker) % 10 == 0 ? Badly : Well, Noon);
                Assert.InRange(book.StatusOf(route), HealthStatus.Healthy, HealthStatus.Unavailable);
            }
        })));

        var figures = book.For("p").Models["m"].Figures(Noon);
        Assert.Equal(new HealthFigures(40_000, 4_000, 1_000), figures);
        Assert.Equal(figures, book.For("p").Cell.Figures(Noon));
    }

    [Fact]
    public void Figures_are_of_the_last_five_minutes_and_models_have_their_own()
    {
        var (book, first, second) = (new HealthBook(), Route("p", "m"), Route("p", "n"));
        for (var minute = 0; minute < 12; minute++)
        {
            book.Note(first, minute % 2 == 0 ? Well : Badly, Noon + (minute * 60_000));
        }

        book.Note(second, Well, Noon + (11 * 60_000));
        var now = Noon + (11 * 60_000) + 59_999;
        Assert.Equal(new HealthFigures(6, 3, 1_000), book.For("p").Cell.Figures(now));
        Assert.Equal((5, 1), (book.For("p").Models["m"].Figures(now).Signals, book.For("p").Models["n"].Figures(now).Signals));
        Assert.Equal(default, book.For("p").Cell.Figures(now + 300_000));
    }

    [Fact]
    public void A_route_is_as_bad_as_the_worse_of_its_provider_and_its_model()
    {
        var (book, first, second, other) = (new HealthBook(), Route("p", "m"), Route("p", "n"), Route("q", "m"));
        for (var i = 0; i < 3; i++)
        {
            book.Note(first, Badly, Noon);
            book.Note(second, Well, Noon);
        }

        // Half of what the provider answers is good, so that it is in trouble and not out; the model is.
        Assert.Equal((HealthStatus.Unavailable, HealthStatus.Degraded, HealthStatus.Healthy), (book.StatusOf(first), book.StatusOf(second), book.StatusOf(other)));
        Assert.Equal((HealthStatus.Degraded, HealthStatus.Healthy), (book.StatusOf("p"), book.StatusOf("q")));
        book.Keep(new Dictionary<string, Provider> { ["p"] = second.Provider });
        Assert.Equal(HealthStatus.Degraded, book.StatusOf(first));
    }

    private static Route Route(string provider, string model)
    {
        var served = ChatScene.Model(model);
        return new Route(
            new Provider
            {
                Id = provider,
                WireFormat = "openai",
                BaseUrl = new Uri("http://localhost/v1/"),
                Credential = null,
                Timeouts = new ProviderTimeouts(1, 1, 1, 1),
                MaxConnections = 1,
                OnClientGone = new ClientGoneRule(ClientGoneAction.Cancel, 0, 0),
                Priority = 1,
                Models = [served],
            },
            served)
        {
            Life = Lifecycle.Unending,
        };
    }
}
