using System.IO.Compression;
using System.Text;
using AiOrchestrator.Core.Metering;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets.Entities;

/// <summary>The answer to an opening or a command.</summary>
/// <param name="MessageId">Whose answer it is.</param>
/// <param name="Outcome">Of an opening 1 or 0, of a command the number of its <see cref="WalletCommandOutcome"/>.</param>
/// <param name="ForgetAtUnixMs">Until then a copy of the message might still be applied.</param>
internal readonly record struct CommandAnswer(UInt128 MessageId, int Outcome, long ForgetAtUnixMs);

/// <summary>The answer to the latest report of a lease that was answered.</summary>
/// <param name="LeaseId">The lease.</param>
/// <param name="Seq">The report's number.</param>
/// <param name="AtUnixMs">When.</param>
/// <param name="Reply">The wallet's answer, without the period; null when there is no wallet.</param>
internal readonly record struct LeaseAnswer(UInt128 LeaseId, long Seq, long AtUnixMs, LeaseReply? Reply);

/// <summary>
/// What a <see cref="WalletEntityState"/> holds, unpacked. Written as an image behind its length, packed with Brotli: names of leases stand in it
/// several times, and of most numbers only a few bytes say anything.
/// </summary>
internal sealed class WalletEntityBody
{
    /// <summary>Of what is written here; wallets have one of their own.</summary>
    private const int ImageVersion = 1;

    /// <summary>The pack's effort, and how far back it looks (in bits): beyond any state.</summary>
    private const int PackQuality = 2;
    private const int PackWindow = 18;

    private const int MostBytes = 16 << 20;

    /// <summary>The latest time the entity was ever told, milliseconds since 1970.</summary>
    public long NowUnixMs { get; set; }

    /// <summary>Whose wallet it is, as its opening said: stands on lines nobody asked for.</summary>
    public string? OrganisationId { get; set; }

    /// <summary>The number of the statement's last line; 0 before the first.</summary>
    public long LastNumber { get; private set; }

    /// <summary>When the head was last asked to hand on the outbox.</summary>
    public long PublishAskedUnixMs { get; set; }

    /// <summary>Answers to openings and commands, oldest first.</summary>
    public List<CommandAnswer> Commands { get; } = [];

    /// <summary>Answers to reports, oldest first.</summary>
    public List<LeaseAnswer> Answers { get; } = [];

    /// <summary>Lines that are not handed on yet, in order.</summary>
    public List<NumberedLine> Outbox { get; } = [];

    /// <summary>Null where nobody has opened it.</summary>
    public Wallet? Wallet { get; set; }

    /// <summary>Unpacks a state; null is an entity that remembers nothing.</summary>
    /// <param name="state">The state.</param>
    /// <param name="terms">The bounds leases work within; null where the wallet itself is not needed.</param>
    public static WalletEntityBody Load(WalletEntityState? state, LeaseTerms? terms)
    {
        var body = new WalletEntityBody();
        if (state is not null)
        {
            var image = new ImageReader(Unpack(state.Body));
            body.Load(ref image, terms);
        }

        return body;
    }

    /// <summary>Packs everything up.</summary>
    public WalletEntityState Save(long version, long? dueUnixMs)
    {
        var image = new ImageWriter();
        Save(image);
        return new WalletEntityState { Version = version, HasWallet = Wallet is not null, DueUnixMs = dueUnixMs, Body = Pack(image.Written.Span) };
    }

    /// <summary>Puts a line into the outbox, under the next number.</summary>
    public void Write(WalletLine line)
    {
        LastNumber = StatementNumbers.Next(LastNumber, NowUnixMs);
        Outbox.Add(new NumberedLine(LastNumber, line));
    }

    /// <summary>The answer to exactly this report, with the period as the wallet knows it.</summary>
    public LeaseAnswer? AnswerTo(UInt128 leaseId, long seq)
    {
        foreach (var answer in Answers)
        {
            if (answer.LeaseId == leaseId && answer.Seq == seq)
            {
                return answer;
            }
        }

        return null;
    }

    /// <summary>The answer to exactly this opening or command.</summary>
    public CommandAnswer? AnswerTo(UInt128 messageId)
    {
        foreach (var answer in Commands)
        {
            if (answer.MessageId == messageId)
            {
                return answer;
            }
        }

        return null;
    }

    private static ReadOnlySpan<byte> Unpack(byte[] packed)
    {
        var reader = new ImageReader(packed);
        var length = reader.Int32();
        var image = new byte[length is >= 0 and <= MostBytes ? length : 0];
        return BrotliDecoder.TryDecompress(packed.AsSpan(sizeof(int)), image, out var written) && written == length
            ? image
            : throw new InvalidDataException("The state of a wallet's entity cannot be unpacked.");
    }

    private static byte[] Pack(ReadOnlySpan<byte> image)
    {
        var packed = new byte[BrotliEncoder.GetMaxCompressedLength(image.Length)];
        if (!BrotliEncoder.TryCompress(image, packed, out var written, PackQuality, PackWindow))
        {
            throw new InvalidOperationException("There is room for whatever it packs to.");
        }

        var length = new ImageWriter();
        length.Int32(image.Length);
        return [.. length.Written.Span, .. packed.AsSpan(0, written)];
    }

    private void Load(ref ImageReader image, LeaseTerms? terms)
    {
        if (image.Int32() != ImageVersion || image.Int32() != Wallet.ImageVersion)
        {
            throw new InvalidDataException("The state of a wallet's entity is of a form this version does not know.");
        }

        NowUnixMs = image.Int64();
        OrganisationId = image.Text();
        LastNumber = image.Int64();
        PublishAskedUnixMs = image.Int64();
        for (var count = image.Count(); count > 0; count--)
        {
            Commands.Add(new CommandAnswer(image.UInt128(), image.Int32(), image.Int64()));
        }

        for (var count = image.Count(); count > 0; count--)
        {
            Answers.Add(new LeaseAnswer(image.UInt128(), image.Int64(), image.Int64(), image.Flag() ? LoadReply(ref image) : null));
        }

        for (var count = image.Count(); count > 0; count--)
        {
            Outbox.Add(new NumberedLine(image.Int64(), WalletLineJson.Read(Encoding.UTF8.GetBytes(image.Text()!))));
        }

        if (image.Flag() && terms is not null)
        {
            Wallet = Wallet.Load(ref image, terms);
        }
    }

    private void Save(ImageWriter image)
    {
        image.Int32(ImageVersion);
        image.Int32(Wallet.ImageVersion);
        image.Int64(NowUnixMs);
        image.Text(OrganisationId);
        image.Int64(LastNumber);
        image.Int64(PublishAskedUnixMs);
        image.Int32(Commands.Count);
        foreach (var answer in Commands)
        {
            image.UInt128(answer.MessageId);
            image.Int32(answer.Outcome);
            image.Int64(answer.ForgetAtUnixMs);
        }

        image.Int32(Answers.Count);
        foreach (var answer in Answers)
        {
            image.UInt128(answer.LeaseId);
            image.Int64(answer.Seq);
            image.Int64(answer.AtUnixMs);
            image.Flag(answer.Reply is not null);
            if (answer.Reply is { } reply)
            {
                SaveReply(image, reply);
            }
        }

        image.Int32(Outbox.Count);
        foreach (var (number, line) in Outbox)
        {
            image.Int64(number);
            image.Text(Encoding.UTF8.GetString(WalletLineJson.Write(line)));
        }

        image.Flag(Wallet is not null);
        Wallet?.Save(image);
    }

    private static LeaseReply LoadReply(ref ImageReader image) => new(
        (LeaseOutcome)image.Int32(), image.Int64(), image.Int64(), image.Int64(), image.Int64(), image.Int64(), image.Flag())
    {
        PeriodNumber = image.Int32(),
        OverShadowLimit = image.Flag(),
    };

    private static void SaveReply(ImageWriter image, in LeaseReply reply)
    {
        image.Int32((int)reply.Outcome);
        image.Int64(reply.AppliedSeq);
        image.Int64(reply.GrantedNanoUsd);
        image.Int64(reply.UnspentNanoUsd);
        image.Int64(reply.ValidForMs);
        image.Int64(reply.RenewEveryMs);
        image.Flag(reply.Pressure);
        image.Int32(reply.PeriodNumber);
        image.Flag(reply.OverShadowLimit);
    }
}
