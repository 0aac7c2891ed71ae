using System.Globalization;
using AiOrchestrator.Ledger.Periods;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Ledger.Tests.Wallets;

/// <summary>What the wallet's tests have in common: moments, messages, a host that begins periods.</summary>
internal static class Scene
{
    public const long Second = 1_000;
    public const long Minute = 60 * Second;
    public const long Hour = 60 * Minute;
    public const long Day = 24 * Hour;

    /// <summary>2026-11-21T00:00:00Z, a Saturday.</summary>
    public const long Midnight = 1_795_219_200_000;

    public const long Now = Midnight + (10 * Hour);

    public static LeaseTerms Terms { get; } = new(CallMaxMs: 60_000) { GraceMs = 1_000 };

    public static PeriodRule Daily { get; } = new(PeriodKind.Daily, 1, "UTC");

    public static OffsetZones Zones { get; } = new();

    /// <summary>When a lease that reported now is reclaimed, where the wallet has one.</summary>
    public static long ReclaimAfterMs => (30 * Second) + (60 * Second) + Second;

    public static Wallet DailyWallet(long? limit = 1_000, int overdraft = 0, bool shadow = false, LeaseTerms? terms = null) => new(
        "w",
        new WalletSettings { LimitNanoUsd = limit, OverdraftBasisPoints = overdraft, IsShadow = shadow, Rule = Daily },
        PeriodCalendar.At(Daily, Now, Zones),
        terms ?? Terms);

    public static LeaseReport Message(
        int lease = 1,
        long seq = 1,
        long spent = 0,
        long held = 0,
        long target = 0,
        long need = 0,
        long? keep = null,
        long at = Now,
        bool closing = false,
        int period = 0) =>
        new((UInt128)lease, seq, at, spent, held, keep ?? Math.Max(target, held), target, need, closing) { PeriodNumber = period };

    /// <summary>Hands a message to the wallet as a host does: periods that are due begin first.</summary>
    public static LeaseReply Deliver(this Wallet wallet, in LeaseReport report, long now)
    {
        wallet.BeginDue(now, report.PeriodNumber);
        return wallet.Exchange(report, now);
    }

    public static void BeginDue(this Wallet wallet, long now, int asked = 0)
    {
        while (wallet.PeriodToBegin(asked, now, Zones) is { } begin)
        {
            Assert.Equal(WalletCommandOutcome.Applied, wallet.Apply(begin, now));
        }
    }

    public static (long Spent, long Leased, long Suspense) Figures(this Wallet wallet, int? period = null)
    {
        var state = period is { } number ? wallet.ReadPeriod(number)! : wallet.Read();
        return (state.SpentNanoUsd, state.LeasedNanoUsd, state.SuspenseNanoUsd);
    }

    public static byte[] Image(this Wallet wallet)
    {
        var writer = new ImageWriter();
        wallet.Save(writer);
        return writer.Written.ToArray();
    }

    public static Wallet Reload(this Wallet wallet, LeaseTerms? terms = null)
    {
        var reader = new ImageReader(wallet.Image());
        var loaded = Wallet.Load(ref reader, terms ?? Terms);
        Assert.True(reader.IsAtEnd);
        return loaded;
    }
}

/// <summary>Zones whose clocks are a fixed number of hours ahead of UTC: "UTC", "+9", "-10".</summary>
internal sealed class OffsetZones : ITimeZones
{
    private static readonly DateOnly Epoch = new(1970, 1, 1);

    public bool Knows(string zone) => zone == "UTC" || int.TryParse(zone, CultureInfo.InvariantCulture, out _);

    public DateOnly DateAt(string zone, long unixMs) => Epoch.AddDays((int)Math.Floor((unixMs + OffsetMs(zone)) / (double)Scene.Day));

    public long StartOfDay(string zone, DateOnly date) => ((date.DayNumber - Epoch.DayNumber) * Scene.Day) - OffsetMs(zone);

    private static long OffsetMs(string zone) => zone == "UTC" ? 0 : int.Parse(zone, CultureInfo.InvariantCulture) * Scene.Hour;
}
