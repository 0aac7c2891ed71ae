using System.Buffers;
using System.Text;
using AiOrchestrator.Core.Gateway.Responses;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Tests.Fakes;

namespace AiOrchestrator.Core.Tests.Gateway.Responses;

/// <summary>Where in answers a provider's names of responses stand, and what stands there instead.</summary>
public sealed class ResponseNamesTests : IAsyncLifetime
{
    private static readonly Caller Owner = new("org_1", new ApiKey("key_1", "k", "org_1", "wal_1", 0, null, null));

    private readonly ResponseIds _ids = new(new MemoryDocumentStore(), new IdSource(TimeProvider.System), TimeProvider.System);

    public async ValueTask InitializeAsync() => await _ids.LoadAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("""{"id":"<resp_1>","object":"response","output":[{"id":"msg_1","previous_response_id":"x"}],"previous_response_id":"<resp_0>","z":1.50}""")]
    [InlineData("""{ "output" : [ {"id":"msg_1"} ], "id" : "<resp_1>" , "previous_response_id":null}""")]
    [InlineData("""{"id":"<gen-1.2:3>","deleted":true}""")]
    [InlineData("""{"object":"list","data":[{"id":"msg_1"}],"first_id":"msg_1"}""")]
    public void A_whole_answer_is_told_by_our_names_and_else_as_it_came(string marked) =>
        Assert.Equal(Ours(marked), Encoding.UTF8.GetString(Names(hasPrevious: true).Renamed(Encoding.UTF8.GetBytes(Theirs(marked))).Span));

    [Theory]
    [InlineData("../files")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a?b")]
    [InlineData("")]
    public void A_name_that_could_be_a_path_is_not_sealed(string id)
    {
        var sent = $$"""{"id":"{{id}}"}""";
        Assert.Equal(sent, Encoding.UTF8.GetString(Names(hasPrevious: true).Renamed(Encoding.UTF8.GetBytes(sent)).Span));
    }

    [Theory]
    [InlineData("event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"id\":\"<resp_1>\",\"output\":[]},\"sequence_number\":0}\n\n")]
    [InlineData("data:{\"response\" : {\"model\":\"m\",\"id\":\"<resp_1>\"}}\r\n\r\n")]
    [InlineData("\uFEFFid: 7\nevent: response.completed\ndata: {\"response\":{\"id\":\"<resp_1>\",\"output\":[{\"id\":\"msg_1\"}]}}\n\n")]
    [InlineData("data: {\"type\":\"response.output_text.delta\",\"item_id\":\"msg_1\",\"delta\":\"\\\"response\\\":{\\\"id\\\":\\\"resp_1\\\"}\"}\n\n")]
    [InlineData("data: {\"type\":\"error\",\"response\":null,\"id\":\"resp_1\"}\n\n")]
    public void An_event_is_told_by_our_names_and_else_as_it_came(string marked) => Assert.Equal(Ours(marked), Written(Names(hasPrevious: false), Theirs(marked)));

    [Fact]
    public void What_comes_on_several_lines_is_told_on_one()
    {
        var sent = "event: response.created\ndata: {\"type\":\"response.created\",\ndata: \"response\":{\"id\":\"resp_1\"}}\n\n";
        Assert.Equal(Ours("event: response.created\ndata: {\"type\":\"response.created\", \"response\":{\"id\":\"<resp_1>\"}}\n\n"), Written(Names(hasPrevious: false), sent));
    }

    [Fact]
    public void The_name_before_is_looked_for_only_where_there_is_one()
    {
        const string Marked = "data: {\"response\":{\"id\":\"<resp_1>\",\"previous_response_id\":\"<resp_0>\"}}\n\n";
        Assert.Equal(Ours(Marked), Written(Names(hasPrevious: true), Theirs(Marked)));
    }

    private static string Written(ResponseNames names, string sent)
    {
        var (raw, output) = (Encoding.UTF8.GetBytes(sent), new ArrayBufferWriter<byte>());
        names.WriteEvent(raw, SseScanner.Data(raw), output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    private static string Theirs(string marked) => marked.Replace("<", "", StringComparison.Ordinal).Replace(">", "", StringComparison.Ordinal);

    private ResponseNames Names(bool hasPrevious) => new(_ids, Owner, "p", hasPrevious);

    private string Ours(string marked)
    {
        for (int at; (at = marked.IndexOf('<', StringComparison.Ordinal)) >= 0;)
        {
            var end = marked.IndexOf('>', StringComparison.Ordinal);
            marked = marked[..at] + _ids.Seal(Owner, new StoredResponse("p", marked[(at + 1)..end])) + marked[(end + 1)..];
        }

        return marked;
    }
}
