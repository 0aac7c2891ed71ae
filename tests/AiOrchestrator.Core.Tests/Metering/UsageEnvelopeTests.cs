using System.Text;
using System.Text.Json;
using AiOrchestrator.Conformance;
using AiOrchestrator.Core.Metering;

namespace AiOrchestrator.Core.Tests.Metering;

public sealed class UsageEnvelopeTests
{
    private const string Id = "ex_01a3185c500000000000000000000007";

    private static readonly WalletShare[] Path =
    [
        new("wal_leaf", 3) { LeaseId = (UInt128)0xabcdef01 << 64 | 0x23456789abcdef01 },
        new("wal_root", 0),
    ];

    [Fact]
    public void A_start_has_this_form()
    {
        var start = new ExchangeStart(Usage.Id(Usage.Noon, 7), Path, 1234) { OrganisationId = "org_1", KeyId = "key_1", IsRelaxed = true };
        var body = UsageEnvelope.Write(start);
        Assert.Equal(
            $$"""{"v":1,"kind":"start","id":"{{Id}}","at":1800000000000,"org":"org_1","key":"key_1","hold":1234,"wallets":[{"w":"wal_leaf","p":3,"l":"abcdef0123456789abcdef01"},{"w":"wal_root"}]}""",
            Encoding.UTF8.GetString(body));
        var read = Read(body).Start!.Value;
        Assert.Equal((start.Id, 1234, "org_1", "key_1"), (read.Id, read.HoldNanoUsd, read.OrganisationId, read.KeyId));
        Assert.Equal(Path, read.Wallets);
    }

    [Fact]
    public void An_end_is_read_as_it_was_written()
    {
        var usage = Usage.Event(Usage.Id(Usage.Noon, 7));
        (usage.RequestId, usage.Status, usage.DurationUs, usage.WalletPath) = ("\u00e9 \"quoted\"", UsageStatus.Timeout, 17, "wal_leaf/wal_root");
        var body = UsageEnvelope.Write(new ExchangeSettlement(Usage.Id(Usage.Noon, 7), Path, 900, 500, usage));
        Assert.StartsWith("""{"v":1,"kind":"end","hold":900,"cost":500,"wallets":[""", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        var read = Read(body).End!.Value;
        Assert.Equal((Usage.Id(Usage.Noon, 7), 900, 500), (read.Id, read.HoldNanoUsd, read.CostNanoUsd));
        Assert.Equal(Path, read.Wallets);
        Assert.Equal(Json(usage), Json(read.Event));
    }

    [Fact]
    public void A_line_is_read_as_it_was_written()
    {
        var line = new NumberedLine(77, Usage.Line("wal_1"));
        var body = UsageEnvelope.Write(line);
        Assert.StartsWith("""{"v":1,"kind":"line","number":77,"line":{""", Encoding.UTF8.GetString(body), StringComparison.Ordinal);
        Assert.Equal(line, Read(body).Line);
    }

    [Fact]
    public void Members_somebody_added_are_ignored() => Assert.Equal(
        5,
        Read($$"""{"new":[{"x":1}],"v":1,"kind":"start","id":"{{Id}}","org":"o","hold":5,"wallets":[{"w":"a","new":[]}],"later":"x"}""").Start!.Value.HoldNanoUsd);

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("null", "no version")]
    [InlineData("secret", "not JSON")]
    [InlineData("[]", "not JSON")]
    [InlineData("{}", "no version")]
    [InlineData("""{"v":2,"kind":"start","hold":"secret"}""", "its version is 2, this program reads up to 1")]
    [InlineData("""{"v":1,"kind":"secret"}""", "its kind is not known")]
    [InlineData("""{"v":1}""", "its kind is not known")]
    [InlineData("""{"v":1,"kind":"start","id":"secret","org":"o"}""", "no exchange")]
    [InlineData("""{"v":1,"kind":"start","id":"ID","hold":1}""", "no organisation")]
    [InlineData("""{"v":1,"kind":"start","id":"ID","org":""}""", "no organisation")]
    [InlineData("""{"v":1,"kind":"start","id":"ID","org":"o","hold":-1}""", "out of bounds")]
    [InlineData("""{"v":1,"kind":"start","id":"ID","org":"o","hold":"secret"}""", "not JSON of a usage event, at $.hold")]
    [InlineData("""{"v":1,"kind":"start","id":"ID","org":"\ud800"}""", "not JSON of a usage event, at $.org")]
    [InlineData("""{"v":1,"kind":"start","id":"ID","org":"o","wallets":[null]}""", "wallet 0")]
    [InlineData("""{"v":1,"kind":"start","id":"ID","org":"o","wallets":[{"w":"a"},{"w":"b","l":"secret"}]}""", "wallet 1")]
    [InlineData("""{"v":1,"kind":"start","id":"ID","org":"o","wallets":[{"w":"a","p":-1}]}""", "wallet 0")]
    [InlineData("""{"v":1,"kind":"end"}""", "no exchange")]
    [InlineData("""{"v":1,"kind":"end","event":{"id":"ID","status":"ok"}}""", "no organisation")]
    [InlineData("""{"v":1,"kind":"end","event":{"id":"ID","organisation_id":"o","status":"secret"}}""", "not JSON of a usage event, at $.event.status")]
    [InlineData("""{"v":1,"kind":"end","event":{"id":"ID","organisation_id":"o","created_unix_ms":999999999999999}}""", "out of bounds")]
    [InlineData("""{"v":1,"kind":"end","event":{"id":"ID","organisation_id":"o","cost_nano_usd":-5}}""", "out of bounds")]
    [InlineData("""{"v":1,"kind":"line","number":1}""", "no line")]
    [InlineData("""{"v":1,"kind":"line","line":{"wallet_id":"w","period":"p","at_unix_ms":1,"kind":"k"}}""", "no number")]
    [InlineData("""{"v":1,"kind":"line","number":1,"line":{"wallet_id":"","period":"p","at_unix_ms":1,"kind":"k"}}""", "no wallet")]
    public void What_cannot_be_read_says_why_and_nothing_of_what_it_says(string body, string why)
    {
        Assert.False(UsageEnvelope.TryRead(Encoding.UTF8.GetBytes(body.Replace("ID", Id, StringComparison.Ordinal)), out var message, out var reason));
        Assert.Null(message);
        Assert.Contains(why, reason, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_arrives_is_read_or_has_a_reason()
    {
        var random = new Random(1);
        byte[][] bodies =
        [
            UsageEnvelope.Write(new ExchangeStart(Usage.Id(Usage.Noon), Path, 5) { OrganisationId = "org_1" }),
            UsageEnvelope.Write(new ExchangeSettlement(Usage.Id(Usage.Noon), Path, 9, 5, Usage.Event(Usage.Id(Usage.Noon)))),
            UsageEnvelope.Write(new NumberedLine(3, Usage.Line("wal_1"))),
        ];
        for (var i = 0; i < 10_000; i++)
        {
            var body = bodies[i % 3].ToArray();
            for (var n = random.Next(1, 4); n > 0; n--)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }

            var read = UsageEnvelope.TryRead(body.AsSpan(0, random.Next(4) == 0 ? random.Next(body.Length) : body.Length), out var message, out var reason);
            Assert.Equal((read, !read), (message is not null, reason is not null));
        }
    }

    [Fact]
    public void An_event_that_is_too_large_travels_without_its_longest_texts()
    {
        var usage = Usage.Event(Usage.Id(Usage.Noon));
        (usage.EndUser, usage.RequestId, usage.FeatureId) = (new string('u', 200_000), new string('r', 150_000), "feature");
        var body = UsageEnvelope.Write(new ExchangeSettlement(Usage.Id(Usage.Noon), Path, 9, 5, usage));
        Assert.InRange(body.Length, 150_000, UsageEnvelope.MaxBytes);
        Assert.Equal("end_user", JsonDocument.Parse(body).RootElement.GetProperty("cut")[0].GetString());
        var read = Read(body).End!.Value;
        Assert.Equal((null, 150_000, "feature"), (read.Event.EndUser, read.Event.RequestId!.Length, read.Event.FeatureId));
        Assert.Equal((9, 5, 500, "org_1", "key_1"), (read.HoldNanoUsd, read.CostNanoUsd, read.Event.CostNanoUsd, read.Event.OrganisationId, read.Event.KeyId));
        Assert.Equal(Path, read.Wallets);
    }

    [Fact]
    public void A_line_that_is_too_large_travels_without_its_note()
    {
        var line = Usage.Line("wal_1") with { Note = new string('\u00e9', 60_000), Actor = new string('a', 1000) };
        var body = UsageEnvelope.Write(new NumberedLine(3, line));
        Assert.Equal(line with { Note = null }, Read(body).Line!.Value.Line);
    }

    private static UsageMessage Read(string json) => Read(Encoding.UTF8.GetBytes(json));

    private static UsageMessage Read(byte[] body)
    {
        Assert.True(UsageEnvelope.TryRead(body, out var message, out var reason), reason);
        Assert.Null(reason);
        return message;
    }

    private static string Json(UsageEvent usage) => JsonSerializer.Serialize(usage, UsageEventJson.Default.UsageEvent);
}
