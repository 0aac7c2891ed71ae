using AiOrchestrator.Core.Traffic.Queueing;
using FsCheck;
using FsCheck.Fluent;

namespace AiOrchestrator.Core.Tests.Traffic.Queueing;

/// <summary>P31: who is served next.</summary>
public sealed class QueueOrderTests
{
    private const long AgeUs = 10_000_000;
    private const long Second = 1_000_000;

    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(500);

    private static readonly Gen<(string Wallet, CallPriority Priority, int AtSecond)[]> Arrivals =
        from calls in (
            from wallet in Gen.Elements("a", "b", "c")
            from priority in Gen.Elements(CallPriority.High, CallPriority.Normal, CallPriority.Low)
            from second in Gen.Choose(0, 40)
            select (wallet, priority, second)).ArrayOf()
        select calls.OrderBy(static c => c.second).ToArray();

    [Fact]
    public void The_higher_priority_leaves_first_and_of_one_wallet_the_call_that_came_first() => Prop.ForAll(Arrivals.ToArbitrary(), arrivals =>
    {
        var order = new QueueOrder(AgeUs);
        foreach (var (wallet, priority, _) in arrivals)
        {
            order.Add(Call(wallet, priority));
        }

        // Nobody has waited long enough to rise.
        var served = Drain(order, at: 1);
        return served.Count == arrivals.Length
            && served.Zip(served.Skip(1)).All(static p => p.First.Priority <= p.Second.Priority)
            && served.GroupBy(static c => (c.Priority, c.WalletId)).All(static g => g.Zip(g.Skip(1)).All(static p => p.First.Order < p.Second.Order));
    }).Check(Runs);

    [Fact]
    public void Wallets_take_turns_however_many_calls_each_has() => Prop.ForAll(
        (from many in Gen.Choose(1, 60) from few in Gen.Choose(1, 60) select (many, few)).ToArbitrary(),
        counts =>
        {
            var order = new QueueOrder(AgeUs);
            for (var i = 0; i < counts.many; i++)
            {
                order.Add(Call("a", CallPriority.Normal));
            }

            for (var i = 0; i < counts.few; i++)
            {
                order.Add(Call("b", CallPriority.Normal));
            }

            var both = Drain(order, at: 0).Take(2 * Math.Min(counts.many, counts.few)).Select(static c => c.WalletId);
            return both.SequenceEqual(Enumerable.Range(0, 2 * Math.Min(counts.many, counts.few)).Select(static i => i % 2 == 0 ? "a" : "b"));
        }).Check(Runs);

    [Fact]
    public void A_wallet_that_comes_late_does_not_catch_up_on_what_it_did_not_ask_for()
    {
        var order = new QueueOrder(AgeUs);
        for (var i = 0; i < 20; i++)
        {
            order.Add(Call("a", CallPriority.Normal));
        }

        for (var i = 0; i < 10; i++)
        {
            order.Serve(order.First(0)!, 0);
        }

        for (var i = 0; i < 4; i++)
        {
            order.Add(Call("b", CallPriority.Normal));
        }

        Assert.Equal("babababaaaaaaa", string.Concat(Drain(order, at: 0).Select(static c => c.WalletId)));
    }

    [Fact]
    public void None_starves_under_a_flood_of_what_goes_before_it() => Prop.ForAll(
        (from priority in Gen.Elements(CallPriority.High, CallPriority.Normal, CallPriority.Low)
         from before in Gen.Choose(0, 30)
         from wallets in Gen.Choose(1, 5)
         select (priority, before, wallets)).ToArbitrary(),
        c =>
        {
            var order = new QueueOrder(AgeUs);
            for (var i = 0; i < c.before; i++)
            {
                order.Add(Call($"w{i % c.wallets}", CallPriority.High));
            }

            var waiting = Call("w0", c.priority);
            order.Add(waiting);

            // Each second one call is served and two of the highest priority come.
            for (var second = 0; second < 400; second++)
            {
                var first = order.First(second * Second)!;
                if (ReferenceEquals(first, waiting))
                {
                    // It rises within 20 s; before it are only those that came before it, and then one more of each wallet.
                    return second <= 20 + c.before + c.wallets;
                }

                order.Serve(first, second * Second);
                order.Add(Call($"w{second % c.wallets}", CallPriority.High, second));
                order.Add(Call($"w{(second + 1) % c.wallets}", CallPriority.High, second));
            }

            return false;
        }).Check(Runs);

    [Fact]
    public void Where_a_call_stands_is_how_many_are_served_before_it() => Prop.ForAll(
        (from arrivals in Arrivals from served in Gen.Choose(0, 5) select (arrivals, served)).ToArbitrary(),
        c =>
        {
            var order = new QueueOrder(AgeUs);
            foreach (var (wallet, priority, second) in c.arrivals)
            {
                order.Add(Call(wallet, priority, second));
            }

            for (var i = 0; i < c.served && order.First(41 * Second) is { } first; i++)
            {
                order.Serve(first, 41 * Second);
            }

            var sorted = order.Sorted(41 * Second).ToList();
            var positions = sorted.ConvertAll(call => order.PositionOf(call, 41 * Second));
            return positions.SequenceEqual(Enumerable.Range(1, sorted.Count)) && Drain(order, 41).SequenceEqual(sorted);
        }).Check(Runs);

    [Fact]
    public void A_newcomer_passes_only_who_is_of_lower_priority_by_then()
    {
        var order = new QueueOrder(AgeUs);
        Assert.False(order.StandsBefore(CallPriority.Low, 0));
        order.Add(Call("a", CallPriority.Low));

        Assert.True(order.StandsBefore(CallPriority.Low, 0));
        Assert.False(order.StandsBefore(CallPriority.Normal, AgeUs - 1));
        Assert.True(order.StandsBefore(CallPriority.Normal, AgeUs));
        Assert.False(order.StandsBefore(CallPriority.High, (2 * AgeUs) - 1));
        Assert.True(order.StandsBefore(CallPriority.High, 2 * AgeUs));
    }

    internal static QueuedCall Call(string wallet, CallPriority priority, int second = 0, string id = "ex", long bytes = 1, int maxWaitMs = 300_000) =>
        new(id, "key", wallet, "m", priority, maxWaitMs, bytes, second * Second);

    private static List<QueuedCall> Drain(QueueOrder order, int at)
    {
        var served = new List<QueuedCall>();
        while (order.First(at * Second) is { } first)
        {
            order.Serve(first, at * Second);
            served.Add(first);
        }

        return served;
    }
}
