using AiOrchestrator.Ledger.Periods;

namespace AiOrchestrator.Ledger.Wallets;

/// <summary>The written form of a command: a number for its kind, then its members. Numbers are never reused.</summary>
public static class WalletCommandImage
{
    private enum Kind
    {
        BeginPeriod = 1,
        ChangeLimit = 2,
        RaiseLimit = 3,
        ChangeOverdraft = 4,
        ChangeThresholds = 5,
        ChangePeriod = 6,
        ChangeShadow = 7,
        TopUp = 8,
        Adjust = 9,
        PrepareTransfer = 10,
        CommitTransfer = 11,
        CancelTransfer = 12,
        Freeze = 13,
        Unfreeze = 14,
        Close = 15,
        ResolveSuspense = 16,
        Suspend = 17,
        Rerate = 18,
        SettleDispute = 19,
    }

    /// <summary>Writes a command.</summary>
    public static void Save(ImageWriter image, WalletCommand command)
    {
        switch (command)
        {
            case WalletCommand.BeginPeriod c:
                Begin(image, Kind.BeginPeriod).Text(c.Period.Id);
                image.Int64(c.Period.StartUnixMs);
                image.Int64(c.Period.EndUnixMs);
                break;
            case WalletCommand.ChangeLimit c:
                Begin(image, Kind.ChangeLimit).Optional(c.LimitNanoUsd);
                break;
            case WalletCommand.ChangeOverdraft c:
                Begin(image, Kind.ChangeOverdraft).Int32(c.BasisPoints);
                break;
            case WalletCommand.ChangeThresholds c:
                Begin(image, Kind.ChangeThresholds).Int32(c.Percents.Count);
                foreach (var percent in c.Percents)
                {
                    image.Int32(percent);
                }

                break;
            case WalletCommand.ChangePeriod c:
                Begin(image, Kind.ChangePeriod).Int32((int)c.Rule.Kind);
                image.Int32(c.Rule.Day);
                image.Text(c.Rule.Zone);
                image.Int64(c.LatestEndsUnixMs);
                break;
            case WalletCommand.ChangeShadow c:
                Begin(image, Kind.ChangeShadow).Flag(c.IsShadow);
                break;
            case WalletCommand.ResolveSuspense c:
                Begin(image, Kind.ResolveSuspense).Int32(c.Period);
                image.Int64(c.HoldNanoUsd);
                image.Int64(c.ChargeNanoUsd);
                break;
            case WalletCommand.Rerate c:
                SaveRerate(Begin(image, Kind.Rerate), c);
                break;
            case WalletCommand.Suspend c:
                Begin(image, Kind.Suspend).Text(c.Id);
                image.Int32(c.Period);
                image.Int64(c.AmountNanoUsd);
                break;
            case WalletCommand.SettleDispute c:
                Begin(image, Kind.SettleDispute).Text(c.Id);
                image.Int32(c.Period);
                image.Int64(c.SuspendedNanoUsd);
                image.Int64(c.ChargeNanoUsd);
                break;
            default:
                SaveNamed(image, command);
                break;
        }
    }

    /// <summary>Reads a command; null where its kind is not known.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It ends too early.</exception>
    public static WalletCommand? Load(ref ImageReader image) => (Kind)image.Int32() switch
    {
        Kind.BeginPeriod => new WalletCommand.BeginPeriod(new Period(image.Text()!, image.Int64(), image.Int64())),
        Kind.ChangeLimit => new WalletCommand.ChangeLimit(image.Optional()),
        Kind.RaiseLimit => new WalletCommand.RaiseLimit(image.Text()!, image.Int64()),
        Kind.ChangeOverdraft => new WalletCommand.ChangeOverdraft(image.Int32()),
        Kind.ChangeThresholds => new WalletCommand.ChangeThresholds(Percents(ref image)),
        Kind.ChangePeriod => new WalletCommand.ChangePeriod(new PeriodRule((PeriodKind)image.Int32(), image.Int32(), image.Text()!), image.Int64()),
        Kind.ChangeShadow => new WalletCommand.ChangeShadow(image.Flag()),
        Kind.TopUp => new WalletCommand.TopUp(image.Text()!, image.Int64()),
        Kind.Adjust => new WalletCommand.Adjust(image.Text()!, image.Int64()),
        Kind.PrepareTransfer => new WalletCommand.PrepareTransfer(image.Text()!, image.Int64()),
        Kind.CommitTransfer => new WalletCommand.CommitTransfer(image.Text()!),
        Kind.CancelTransfer => new WalletCommand.CancelTransfer(image.Text()!),
        Kind.Freeze => new WalletCommand.Freeze(),
        Kind.Unfreeze => new WalletCommand.Unfreeze(),
        Kind.Close => new WalletCommand.Close(),
        Kind.ResolveSuspense => new WalletCommand.ResolveSuspense(image.Int32(), image.Int64(), image.Int64()),
        Kind.Rerate => LoadRerate(ref image),
        Kind.Suspend => new WalletCommand.Suspend(image.Text()!, image.Int32(), image.Int64()),
        Kind.SettleDispute => new WalletCommand.SettleDispute(image.Text()!, image.Int32(), image.Int64(), image.Int64()),
        _ => null,
    };

    /// <summary>Commands that have an id, an amount, both or neither.</summary>
    private static void SaveNamed(ImageWriter image, WalletCommand command)
    {
        var (kind, id, amount) = command switch
        {
            WalletCommand.RaiseLimit c => (Kind.RaiseLimit, c.Id, (long?)c.AmountNanoUsd),
            WalletCommand.TopUp c => (Kind.TopUp, c.Id, c.AmountNanoUsd),
            WalletCommand.Adjust c => (Kind.Adjust, c.Id, c.AmountNanoUsd),
            WalletCommand.PrepareTransfer c => (Kind.PrepareTransfer, c.TransferId, c.AmountNanoUsd),
            WalletCommand.CommitTransfer c => (Kind.CommitTransfer, c.TransferId, null),
            WalletCommand.CancelTransfer c => (Kind.CancelTransfer, c.TransferId, null),
            WalletCommand.Freeze => (Kind.Freeze, null, null),
            WalletCommand.Unfreeze => (Kind.Unfreeze, null, null),
            WalletCommand.Close => (Kind.Close, (string?)null, null),
            _ => throw new NotSupportedException($"There is no written form of {command.GetType().Name}."),
        };
        _ = Begin(image, kind);
        if (id is not null)
        {
            image.Text(id);
        }

        if (amount is { } present)
        {
            image.Int64(present);
        }
    }

    private static void SaveRerate(ImageWriter image, WalletCommand.Rerate command)
    {
        image.Text(command.Id);
        image.Int32(command.Period);
        image.Int64(command.AmountNanoUsd);
        image.Text(command.PeriodId);
        image.Flag(command.Split is not null);
        if (command.Split is { } split)
        {
            image.Int64(split.OwnNanoUsd);
            image.Int32(split.LaterPeriod);
            image.Int64(split.LaterNanoUsd);
            image.Int64(split.CreditNanoUsd);
        }
    }

    private static WalletCommand.Rerate LoadRerate(ref ImageReader image) => new(image.Text()!, image.Int32(), image.Int64())
    {
        PeriodId = image.Text(),
        Split = image.Flag() ? new RerateSplit(image.Int64(), image.Int32(), image.Int64(), image.Int64()) : null,
    };

    private static ImageWriter Begin(ImageWriter image, Kind kind)
    {
        image.Int32((int)kind);
        return image;
    }

    private static int[] Percents(ref ImageReader image)
    {
        var percents = new int[image.Int32()];
        for (var i = 0; i < percents.Length; i++)
        {
            percents[i] = image.Int32();
        }

        return percents;
    }
}
