using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;
using AiOrchestrator.Core.Traffic.Classifying;
using AiOrchestrator.Core.Traffic.Configuration;

namespace AiOrchestrator.Core.Tests.Traffic.Configuration;

public sealed class PartDirectoryTests
{
    private static readonly StoredClassifier Shipped = new(new ClassifierSettings(), 0);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_stands_in_the_place_of_what_ships_is_worked_out_once()
    {
        using var directory = Directory();
        var changes = 0;

        var put = await directory.ReplaceAsync("org_1", StoredClassifier.Id, now => Next(now), static _ => true, Cancel);
        Assert.Equal((false, 1), (put.Failed, changes));
        await directory.DeleteAsync("org_1", StoredClassifier.Id, static _ => true, Cancel);

        var refused = await directory.ReplaceAsync("org_1", StoredClassifier.Id, now => Refuse(), static _ => true, Cancel);
        Assert.Equal((true, 2), (refused.Failed, changes));

        Result<StoredClassifier> Next(StoredClassifier now)
        {
            changes++;
            return now with { UpdatedUnixMs = 1 };
        }

        Result<StoredClassifier> Refuse()
        {
            changes++;
            return new ConcurrentChange();
        }
    }

    private static PartDirectory<StoredClassifier, ClassifierSettings> Directory()
    {
        var kind = new PartKind<StoredClassifier, ClassifierSettings>(
            "classifier", ClassifyingJson.Default.StoredClassifier, static _ => StoredClassifier.Id, static (_, own) => own[0].Settings, static () => new ClassifierNotSet());
        return new PartDirectory<StoredClassifier, ClassifierSettings>(new MemoryDocumentStore(), kind with { Shipped = [Shipped] });
    }
}
