using AiOrchestrator.Ledger.Periods;

namespace AiOrchestrator.Ledger.Wallets;

/// <summary>The written form of a whole wallet. Whoever stores images stores their version too.</summary>
public sealed partial class Wallet
{
    /// <summary>The version of the form that is written and read.</summary>
    public const int ImageVersion = 1;

    private Wallet(string id, LeaseTerms terms, WalletSettings settings, WalletBook latest)
    {
        Id = id;
        _terms = terms;
        Settings = settings;
        _latest = latest;
    }

    /// <summary>Reads an image.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It ends too early.</exception>
    public static Wallet Load(ref ImageReader image, LeaseTerms terms)
    {
        var id = image.Text()!;
        var settings = LoadSettings(ref image);
        var closed = image.Flag();
        var frozen = image.Flag();
        var now = image.Int64();
        var pressureUntil = image.Int64();
        var books = new List<WalletBook>();
        for (var count = image.Count(); count > 0; count--)
        {
            books.Add(LoadBook(ref image));
        }

        var wallet = new Wallet(id, terms, settings, books[^1])
        {
            _closed = closed,
            _frozen = frozen,
            _nowUnixMs = now,
            _pressureUntilUnixMs = pressureUntil,
            _dueUnixMs = long.MinValue,
            _earlier = books.Count > 1 ? books[..^1] : null,
        };
        wallet.LoadLeases(ref image);
        wallet.LoadIds(ref image);
        return wallet;
    }

    /// <summary>Writes an image. Lines not taken yet are not in it: take them first.</summary>
    public void Save(ImageWriter image)
    {
        image.Text(Id);
        SaveSettings(image);
        image.Flag(_closed);
        image.Flag(_frozen);
        image.Int64(_nowUnixMs);
        image.Int64(_pressureUntilUnixMs);
        image.Int32(1 + (_earlier?.Count ?? 0));
        foreach (var book in _earlier ?? [])
        {
            SaveBook(image, book);
        }

        SaveBook(image, _latest);
        SaveLeases(image);
        SaveIds(image);
    }

    private static WalletSettings LoadSettings(ref ImageReader image)
    {
        var limit = image.Optional();
        var overdraft = image.Int32();
        var thresholds = new int[image.Count()];
        for (var i = 0; i < thresholds.Length; i++)
        {
            thresholds[i] = image.Int32();
        }

        return new WalletSettings
        {
            LimitNanoUsd = limit,
            OverdraftBasisPoints = overdraft,

            // A million wallets share the list nearly all of them have.
            ThresholdPercents = thresholds.AsSpan().SequenceEqual([80, 90, 95]) ? WalletSettings.DefaultThresholdPercents : thresholds,
            Rule = LoadRule(ref image),
            IsShadow = image.Flag(),
        };
    }

    private static PeriodRule LoadRule(ref ImageReader image)
    {
        var rule = new PeriodRule((PeriodKind)image.Int32(), image.Int32(), image.Text()!);
        return rule == PeriodRule.Lifetime ? PeriodRule.Lifetime : rule;
    }

    private void SaveSettings(ImageWriter image)
    {
        image.Optional(Settings.LimitNanoUsd);
        image.Int32(Settings.OverdraftBasisPoints);
        image.Int32(Settings.ThresholdPercents.Count);
        foreach (var percent in Settings.ThresholdPercents)
        {
            image.Int32(percent);
        }

        image.Int32((int)Settings.Rule.Kind);
        image.Int32(Settings.Rule.Day);
        image.Text(Settings.Rule.Zone);
        image.Flag(Settings.IsShadow);
    }

    private static WalletBook LoadBook(ref ImageReader image) => new(image.Int32(), LoadPeriod(ref image))
    {
        LimitNanoUsd = image.Optional(),
        OverdraftNanoUsd = image.Int64(),
        ToppedUpNanoUsd = image.Int64(),
        TransferredInNanoUsd = image.Int64(),
        TransferredOutNanoUsd = image.Int64(),
        SpentNanoUsd = image.Int64(),
        LeasedNanoUsd = image.Int64(),
        SuspenseNanoUsd = image.Int64(),
        ShadowRefusedCalls = image.Int64(),
        Crossed = image.UInt128(),
    };

    private static Period LoadPeriod(ref ImageReader image)
    {
        var period = new Period(image.Text()!, image.Int64(), image.Int64());
        return period == Period.Lifetime ? Period.Lifetime : period;
    }

    private static void SaveBook(ImageWriter image, WalletBook book)
    {
        image.Int32(book.Number);
        image.Text(book.Period.Id);
        image.Int64(book.Period.StartUnixMs);
        image.Int64(book.Period.EndUnixMs);
        image.Optional(book.LimitNanoUsd);
        image.Int64(book.OverdraftNanoUsd);
        image.Int64(book.ToppedUpNanoUsd);
        image.Int64(book.TransferredInNanoUsd);
        image.Int64(book.TransferredOutNanoUsd);
        image.Int64(book.SpentNanoUsd);
        image.Int64(book.LeasedNanoUsd);
        image.Int64(book.SuspenseNanoUsd);
        image.Int64(book.ShadowRefusedCalls);
        image.UInt128(book.Crossed);
    }

    private void LoadLeases(ref ImageReader image)
    {
        for (var count = image.Count(); count > 0; count--)
        {
            (_leases ??= []).Add(image.UInt128(), new WalletLease(BookOf(image.Int32()))
            {
                AppliedSeq = image.Int64(),
                GrantedNanoUsd = image.Int64(),
                ReportedNanoUsd = image.Int64(),
                HeldNanoUsd = image.Int64(),
                ShadowRefusedCalls = image.Int64(),
                ReclaimAtUnixMs = image.Int64(),
            });
        }

        for (var count = image.Count(); count > 0; count--)
        {
            (_ended ??= []).Add(image.UInt128(), new EndedLease(BookOf(image.Int32()))
            {
                ReportedNanoUsd = image.Int64(),
                SuspenseNanoUsd = image.Int64(),
                UnattributedNanoUsd = image.Int64(),
                ForgetAtUnixMs = image.Int64(),
            });
        }

        for (var count = image.Count(); count > 0; count--)
        {
            (_claims ??= []).Add(new Claim(image.UInt128(), BookOf(image.Int32()), image.Int64(), image.Int64()));
        }
    }

    private void SaveLeases(ImageWriter image)
    {
        image.Int32(Leases.Count);
        foreach (var (id, lease) in Leases)
        {
            image.UInt128(id);
            image.Int32(lease.Book.Number);
            image.Int64(lease.AppliedSeq);
            image.Int64(lease.GrantedNanoUsd);
            image.Int64(lease.ReportedNanoUsd);
            image.Int64(lease.HeldNanoUsd);
            image.Int64(lease.ShadowRefusedCalls);
            image.Int64(lease.ReclaimAtUnixMs);
        }

        image.Int32(Ended.Count);
        foreach (var (id, ended) in Ended)
        {
            image.UInt128(id);
            image.Int32(ended.Book.Number);
            image.Int64(ended.ReportedNanoUsd);
            image.Int64(ended.SuspenseNanoUsd);
            image.Int64(ended.UnattributedNanoUsd);
            image.Int64(ended.ForgetAtUnixMs);
        }

        image.Int32(_claims?.Count ?? 0);
        foreach (var claim in _claims ?? [])
        {
            image.UInt128(claim.LeaseId);
            image.Int32(claim.Book.Number);
            image.Int64(claim.NeedNanoUsd);
            image.Int64(claim.UntilUnixMs);
        }
    }

    private void LoadIds(ref ImageReader image)
    {
        for (var count = image.Count(); count > 0; count--)
        {
            (_prepared ??= new(StringComparer.Ordinal)).Add(image.Text()!, new PreparedTransfer(image.Int64(), BookOf(image.Int32())));
        }

        for (var count = image.Count(); count > 0; count--)
        {
            (_remembered ??= new(StringComparer.Ordinal)).Add(image.Text()!, image.Int64());
        }
    }

    private void SaveIds(ImageWriter image)
    {
        image.Int32(_prepared?.Count ?? 0);
        foreach (var (id, prepared) in _prepared ?? [])
        {
            image.Text(id);
            image.Int64(prepared.AmountNanoUsd);
            image.Int32(prepared.Book.Number);
        }

        image.Int32(_remembered?.Count ?? 0);
        foreach (var (id, until) in _remembered ?? [])
        {
            image.Text(id);
            image.Int64(until);
        }
    }
}
