using System.Net;
using System.Text;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Platform;

public sealed class RequestBodyTests
{
    public static TheoryData<string> Malformed =>
    [
        "", " ", "{", "[]", "null", "\"text\"", "1", "{\"name\":}", "{\"name\":\"a\"} x", "{\"a\":\"\\ud800\"}", "{\"\\udc00\":1}", "{'a':1}",
        string.Concat(Enumerable.Repeat("{\"a\":", 10_000)) + "1" + new string('}', 10_000),
    ];

    [Theory]
    [MemberData(nameof(Malformed))]
    public void Malformed_text_is_a_value(string json)
    {
        var result = RequestBody.Parse(Encoding.UTF8.GetBytes(json));

        Assert.True(result.Failed);
        Assert.Equal((400, "invalid_json"), (result.Failure.Status, result.Failure.Code));
    }

    [Fact]
    public void Invalid_utf8_is_a_value()
    {
        Assert.True(RequestBody.Parse(new byte[] { (byte)'{', (byte)'"', 0xC3, (byte)'"', (byte)':', (byte)'1', (byte)'}' }).Failed);
    }

    [Fact]
    public void Everything_wrong_is_told_at_once_with_its_path()
    {
        var body = RequestBody.Parse("""{"name":1,"name":2,"extra":true,"price":{"kind":"x","y":1},"models":[{"id":1},2]}"""u8.ToArray()).Value!;
        _ = body.Text("name", 10);
        _ = body.Object("price")!.Text("kind", 10);
        foreach (var model in body.Objects("models", 10))
        {
            _ = model.Text("id", 10);
        }

        var invalid = body.Finish()!;

        Assert.Equal("name", invalid.Param);
        foreach (var told in new[] { "'name' appears twice", "'extra' is not", "'price.y' is not", "'models[0].id' must", "'models[1]' must" })
        {
            Assert.Contains(told, invalid.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Too_large_is_413_with_and_without_a_length()
    {
        await using var host = await CoreHost.StartAsync();
        var bytes = new byte[RequestBody.LimitBytes + 1];
        Array.Fill(bytes, (byte)' ');
        using var known = new ByteArrayContent(bytes);
        using var stream = new StreamContent(new Unseekable(bytes));
        known.Headers.ContentType = stream.Headers.ContentType = new("application/json");

        foreach (var content in new HttpContent[] { known, stream })
        {
            var answer = await host.Admin.SendContentAsync(HttpMethod.Post, "/control/v1/keys", content);
            Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "body_too_large"), (answer.Status, answer.Code));
        }
    }

    [Theory]
    [InlineData("2030-01-31T12:00:00Z", 1896091200000)]
    [InlineData("2030-01-31T12:00:00.1239Z", 1896091200123)]
    [InlineData("2030-01-31T14:00:00+02:00", 1896091200000)]
    public void Times_with_an_offset_are_read(string text, long unixMs)
    {
        Assert.True(Rfc3339.TryParse(text, out var read));
        Assert.Equal(unixMs, read);
    }

    [Theory]
    [InlineData("2030-01-31T12:00:00")]
    [InlineData("2030-01-31")]
    [InlineData("2030-02-31T12:00:00Z")]
    [InlineData("tomorrow, if you please")]
    [InlineData("")]
    public void Other_times_are_not(string text) => Assert.False(Rfc3339.TryParse(text, out _));

    private sealed class Unseekable(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
