using AiOrchestrator.Ledger.Wallets;
using static AiOrchestrator.Ledger.Tests.Wallets.Scene;

namespace AiOrchestrator.Ledger.Tests.Wallets;

public sealed class WalletImageTests(ITestOutputHelper output)
{
    [Fact]
    public void A_wallet_read_from_its_image_is_the_same_wallet()
    {
        var wallet = Busy();
        var loaded = wallet.Reload();
        Assert.Equal(wallet.Read(Now), loaded.Read(Now));
        Assert.Equal(wallet.ReadPeriod(2), loaded.ReadPeriod(2));
        Assert.Equal(wallet.ReadLeases(), loaded.ReadLeases());
        Assert.Equal(wallet.Image(), loaded.Image());
        Assert.False(loaded.HasEntries);
    }

    [Fact]
    public void An_image_that_ends_too_early_is_refused_wherever_it_ends()
    {
        var image = Busy().Image();
        for (var length = 0; length < image.Length; length++)
        {
            Assert.Throws<ArgumentOutOfRangeException>(() =>
            {
                var reader = new ImageReader(image.AsSpan(0, length));
                return Wallet.Load(ref reader, Terms);
            });
        }
    }

    [Fact]
    public void A_count_that_cannot_be_is_refused()
    {
        var image = new Wallet("w", 5, Terms).Image();
        image.AsSpan(^4..).Fill(0xFF);
        Assert.Throws<ArgumentOutOfRangeException>(() =>
        {
            var reader = new ImageReader(image);
            return Wallet.Load(ref reader, Terms);
        });
    }

    [Fact]
    public void Two_hundred_leases_with_all_that_belongs_to_them_are_less_than_40_KB()
    {
        var wallet = DailyWallet(limit: 1_000_000);
        for (var lease = 1; lease <= 200; lease++)
        {
            wallet.Exchange(Message(1_000 + lease, need: 1), Now);
            wallet.Exchange(Message(1_000 + lease, seq: 2, spent: 1, closing: true), Now);
            wallet.Exchange(Message(lease, need: 5_000), Now);
        }

        for (var lease = 1; lease <= 200; lease++)
        {
            Assert.Equal(LeaseOutcome.Contended, wallet.Exchange(Message(lease, seq: 2, held: 5_000, need: 5_000), Now).Outcome);
        }

        var image = wallet.Image().Length;
        output.WriteLine($"200 leases, 200 ended ones, 200 claims: {image} bytes; a new wallet: {new Wallet("w", 5, Terms).Image().Length} bytes.");
        Assert.InRange(image, 20_000, 40_000);
        wallet.Exchange(Message(seq: 3), Now + (200 * 200 * 3) + (2 * Minute));
        Assert.InRange(wallet.Image().Length, 1, 20_000);
    }

    private static Wallet Busy()
    {
        var wallet = DailyWallet(overdraft: 1_000);
        wallet.Exchange(Message(need: 500), Now);
        wallet.Exchange(Message(seq: 2, spent: 100, held: 400), Now);
        wallet.Exchange(Message(lease: 2, need: 700), Now);
        wallet.Exchange(Message(lease: 3, target: 50), Now);
        wallet.Exchange(Message(lease: 3, seq: 2, closing: true), Now);
        wallet.Apply(new WalletCommand.TopUp("top", 20), Now);
        wallet.Apply(new WalletCommand.PrepareTransfer("out", -100), Now);
        wallet.Apply(new WalletCommand.PrepareTransfer("in", 100), Now);
        wallet.Apply(new WalletCommand.ChangeThresholds([5, 50]), Now);
        wallet.BeginDue(Midnight + Day - Second, asked: 2);
        _ = wallet.TakeEntries();
        return wallet;
    }
}
