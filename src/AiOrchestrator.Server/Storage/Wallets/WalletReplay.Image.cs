using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Server.Storage;

/// <summary>What a snapshot of the journal has: the wallets, the calls that are open, and those in suspense.</summary>
internal sealed partial class WalletReplay
{
    /// <summary>Of what is written here; wallets have one of their own.</summary>
    private const int ImageVersion = 1;

    /// <inheritdoc/>
    public void Save(ImageWriter image)
    {
        image.Int32(ImageVersion);
        image.Int32(Wallet.ImageVersion);
        image.Int32(_wallets.Count);
        foreach (var wallet in _wallets.Values)
        {
            wallet.Save(image);
        }

        image.Int32(_open.Count);
        foreach (var (id, call) in _open)
        {
            Save(image, id, EntryPath.Read(call.Path.Bytes), call.HoldNanoUsd, call.OrganisationId, call.KeyId);
        }

        image.Int32(_unfinished.Count);
        foreach (var (id, call) in _unfinished)
        {
            Save(image, id, call.Wallets, call.HoldNanoUsd, call.OrganisationId, call.KeyId);
        }
    }

    /// <inheritdoc/>
    public bool Load(ref ImageReader image)
    {
        if (image.Int32() != ImageVersion || image.Int32() != Wallet.ImageVersion)
        {
            return false;
        }

        for (var count = image.Count(); count > 0; count--)
        {
            var wallet = Wallet.Load(ref image, terms);
            _wallets.Add(wallet.Id, wallet);
        }

        for (var count = image.Count(); count > 0; count--)
        {
            var call = LoadCall(ref image);
            var path = new byte[EntryPath.MaxBytes(call.Wallets)];
            var length = EntryPath.Write(path, call.Wallets);
            _open.Add(call.Id.Value, new Started(Known(path.AsSpan(0, length)), call.HoldNanoUsd, call.OrganisationId, call.KeyId));
        }

        for (var count = image.Count(); count > 0; count--)
        {
            var call = LoadCall(ref image);
            _unfinished.Add(call.Id.Value, call);
        }

        return true;
    }

    private static void Save(
        ImageWriter image, UInt128 id, IReadOnlyList<WalletShare> wallets, long holdNanoUsd, string? organisationId, string? keyId)
    {
        image.UInt128(id);
        image.Int32(wallets.Count);
        foreach (var (walletId, period) in wallets)
        {
            image.Text(walletId);
            image.Int32(period);
        }

        image.Int64(holdNanoUsd);
        image.Text(organisationId);
        image.Text(keyId);
    }

    private static ExchangeStart LoadCall(ref ImageReader image)
    {
        var id = new ExchangeId(image.UInt128());
        var wallets = new List<WalletShare>();
        for (var count = image.Count(); count > 0; count--)
        {
            wallets.Add(new WalletShare(image.Text()!, image.Int32()));
        }

        return new ExchangeStart(id, wallets, image.Int64()) { OrganisationId = image.Text(), KeyId = image.Text() };
    }
}
