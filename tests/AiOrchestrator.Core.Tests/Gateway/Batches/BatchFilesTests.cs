using System.Net;
using System.Text;
using AiOrchestrator.Core.Gateway.Batches;
using AiOrchestrator.Core.Tests.Hosting;

namespace AiOrchestrator.Core.Tests.Gateway.Batches;

/// <summary>Each line of a file is looked at as if it were sent by itself, before anything is sent.</summary>
public sealed class BatchFilesTests : IAsyncLifetime
{
    private BatchesScene _scene = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _scene = await BatchesScene.StartAsync();

    public ValueTask DisposeAsync() => _scene.DisposeAsync();

    public static TheoryData<string, string?, string> Wrong() => new()
    {
        { "no json", null, "not a valid JSON object" },
        { """{"custom_id":"b"}""", "method", "POST" },
        { BatchesScene.Line("b", url: "/v1/audio/speech"), "url", "url" },
        { BatchesScene.Line("b", url: "/v1/responses"), "url", "same in all lines" },
        { BatchesScene.Line("a"), "custom_id", "line before" },
        { BatchesScene.Line("b", model: "nobody"), "model", "does not exist" },
        { BatchesScene.Line("b", model: "other"), "model", "same in all lines" },
        { BatchesScene.Line("b", members: "\"stream\":true"), "stream", "stream" },
        { BatchesScene.Line("b", members: "\"service_tier\":\"flex\""), "service_tier", "service_tier" },
        { BatchesScene.Line("b", members: "\"max_tokens\":100000"), "max_tokens", "too large" },
        { BatchesScene.Line("b", members: "\"tools\":[{\"type\":\"web_search\"}]"), "tools[0].type", "web_search" },
        { BatchesScene.Line("b", members: "\"web_search_options\":{}"), "web_search_options", "search" },
        { BatchesScene.Line("b").Replace("\"body\"", "\"custom_id\":\"c\",\"body\"", StringComparison.Ordinal), "custom_id", "Duplicate" },
        { """{"custom_id":"b","method":"POST","url":"/v1/chat/completions","body":{"model":"mini"}}""", "messages", "messages" },
        { """{"custom_id":"b","method":"POST","url":"/v1/chat/completions","body":[]}""", "body", "body" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public async Task A_line_that_would_be_refused_refuses_the_file_by_its_number(string line, string? param, string why)
    {
        var refused = await _scene.UploadAsync(BatchesScene.Line("a") + "\n" + line + "\n");
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_batch_line", param), (refused.Status, refused.Code, refused.Param));
        Assert.StartsWith("Line 2 of the file: ", refused.ErrorText, StringComparison.Ordinal);
        Assert.Contains(why, refused.ErrorText, StringComparison.Ordinal);
        Assert.Empty(_scene.Asked);
        Assert.Equal(0, await _scene.AsideAsync());
    }

    [Theory]
    [InlineData("alone", "takes calls of this kind in batches")]
    [InlineData("nobody", "nobody")]
    [InlineData("small", "needs a model for chat")]
    public async Task The_model_of_a_file_must_be_one_whose_provider_has_batches(string model, string why)
    {
        var refused = await _scene.UploadAsync(BatchesScene.Line("a", model: model));
        Assert.Equal("invalid_batch_line", refused.Code);
        Assert.Contains(why, refused.ErrorText, StringComparison.Ordinal);
        Assert.Empty(_scene.Asked);
    }

    [Fact]
    public async Task Embeddings_and_responses_are_taken_too()
    {
        await BatchesScene.OkAsync(_scene.UploadAsync("""{"custom_id":"a","method":"POST","url":"/v1/embeddings","body":{"model":"small","input":["one","two"]}}"""));
        var file = await BatchesScene.OkAsync(_scene.UploadAsync("""{"custom_id":"a","method":"POST","url":"/v1/responses","body":{"model":"mini","input":"Hi","max_output_tokens":10}}"""));
        var wrong = await _scene.BeginAsync(file.Json.Text("id"));
        Assert.Equal(("invalid_parameter", "endpoint"), (wrong.Code, wrong.Param));
        await BatchesScene.OkAsync(_scene.BeginAsync(file.Json.Text("id"), "/v1/responses"));
        var stored = await _scene.UploadAsync("""{"custom_id":"a","method":"POST","url":"/v1/responses","body":{"model":"mini","input":"Hi","previous_response_id":"resp_1"}}""");
        Assert.Equal(("invalid_batch_line", "previous_response_id"), (stored.Code, stored.Param));
    }

    [Fact]
    public async Task A_form_without_what_it_needs_is_refused()
    {
        Assert.Equal("unsupported_purpose", (await _scene.UploadAsync("x", "assistants")).Code);
        Assert.Equal("unsupported_media_type", (await _scene.Host.Caller.PostAsync("/v1/files", "{}")).Code);
        Assert.Equal("invalid_parameter", (await _scene.UploadAsync("\n\n")).Code);
        using var form = new MultipartFormDataContent("b") { { new StringContent("batch"), "purpose" } };
        Assert.Equal("missing_parameter", (await _scene.Host.Caller.SendContentAsync(HttpMethod.Post, "/v1/files", form)).Code);
        var broken = new StringContent("--b\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\nx", Encoding.UTF8);
        broken.Headers.ContentType = new("multipart/form-data") { Parameters = { new("boundary", "b") } };
        Assert.Equal("invalid_form", (await _scene.Host.Caller.SendContentAsync(HttpMethod.Post, "/v1/files", broken)).Code);
        Assert.Empty(_scene.Asked);
    }

    [Fact]
    public async Task Lines_are_read_alike_however_they_arrive()
    {
        var text = Encoding.UTF8.GetBytes("\uFEFFone\r\n\n  \ntwo €\nthree");
        for (var piece = 1; piece <= text.Length; piece++)
        {
            using var lines = new JsonLines(new Pieces(text, piece), 64);
            var read = new List<string>();
            while (await lines.NextAsync(Cancel) is { } line)
            {
                read.Add($"{lines.Number}:{Encoding.UTF8.GetString(line.Span)}");
            }

            Assert.Equal(["1:one", "4:two €", "5:three"], read);
            Assert.Equal((text.Length, false), (lines.Bytes, lines.IsTooLong));
        }
    }

    [Theory]
    [InlineData(10, false)]
    [InlineData(9, true)]
    public async Task A_line_that_is_too_long_ends_it(int most, bool isTooLong)
    {
        using var lines = new JsonLines(new Pieces(Encoding.UTF8.GetBytes("ab\n0123456789\nc"), 4), most);
        var read = 0;
        while (await lines.NextAsync(Cancel) is not null)
        {
            read++;
        }

        Assert.Equal((isTooLong, isTooLong ? 1 : 3), (lines.IsTooLong, read));
    }

    private sealed class Pieces(byte[] bytes, int size) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(size, buffer.Length)], cancellationToken);
    }
}
