using AiOrchestrator.Core.Insight;
using AiOrchestrator.Core.Insight.Quotas;
using AiOrchestrator.Core.Insight.Reviews;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Platform.Alerts;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Wallets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Tests.Insight;

/// <summary>The parts of reviews, on stores in memory.</summary>
internal static class Reviews
{
    public static TakeDisputes Disputes(IDocumentStore documents, IWalletAuthority wallets, TimeProvider time) => new(
        new ReviewBook(documents),
        new DriveReview(
            new ReviewBook(documents),
            new ReviewCharges(documents),
            new TellWallet(
                wallets,
                new LeaseBook(wallets, new WalletDirectory(documents), new IdSource(time), time, NullLogger<LeaseBook>.Instance),
                new AlertBook(documents, time, NullLogger<AlertBook>.Instance),
                time,
                NullLogger<TellWallet>.Instance)),
        new AlertBook(documents, time, NullLogger<AlertBook>.Instance),
        Options.Create(new InsightOptions()),
        time,
        NullLogger<TakeDisputes>.Instance);

    /// <summary>Alerts of the price of last resort.</summary>
    public static WarnOfLastResort LastResort(IDocumentStore documents, TimeProvider time) =>
        new(new AlertBook(documents, time, NullLogger<AlertBook>.Instance), time);

    /// <summary>Where nothing is in doubt.</summary>
    public static TakeDisputes None(TimeProvider time) => Disputes(new MemoryDocumentStore(), new MemoryWalletAuthority(time), time);
}
