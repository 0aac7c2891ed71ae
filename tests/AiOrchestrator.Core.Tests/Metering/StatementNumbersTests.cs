using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Tests.Metering;

public sealed class StatementNumbersTests
{
    private const long Epoch = 1_767_225_600_000;

    [Fact]
    public void Lines_of_a_wallet_grow_by_the_clock_and_whatever_it_says()
    {
        Assert.Equal(8192, StatementNumbers.Next(0, Epoch + 1));
        Assert.Equal(8193, StatementNumbers.Next(8192, Epoch + 1));
        Assert.Equal(8194, StatementNumbers.Next(8193, Epoch));
        Assert.Equal(8195, StatementNumbers.Next(8194, -1));
        Assert.Equal(16_384, StatementNumbers.Next(8195, Epoch + 2));
        Assert.Equal(1, StatementNumbers.Next(0, 0));
    }

    [Fact]
    public void A_call_has_one_number_and_sorts_by_when_it_was_settled()
    {
        var id = Usage.Id(Epoch + 5, 0x2005);
        Assert.Equal((7L << 13) + 5, StatementNumbers.OfCall(id, Epoch + 7));
        Assert.Equal(StatementNumbers.OfCall(id, Epoch + 7), StatementNumbers.OfCall(id, Epoch + 7));
        Assert.True(StatementNumbers.OfCall(id, Epoch + 8) > StatementNumbers.OfCall(Usage.Id(Epoch, 8191), Epoch + 7));
        Assert.NotEqual(StatementNumbers.OfCall(id, Epoch + 7), StatementNumbers.OfCall(Usage.Id(Epoch + 5, 6), Epoch + 7));
    }

    [Fact]
    public void Numbers_stay_within_what_every_JSON_reader_keeps()
    {
        const long Last = (1L << 53) - 1;
        Assert.InRange(StatementNumbers.OfCall(Usage.Id(0, 8191), 2_840_140_799_000), 1, Last);
        Assert.InRange(StatementNumbers.OfCall(Usage.Id(0, 8191), long.MaxValue), 1, Last);
    }
}
