using System.Buffers;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers.Chat;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>
/// What a caller asks in its dialect and what the provider is asked in its format, byte for byte: Golden/DIALECT-FORMAT/NAME.caller.json beside
/// NAME.upstream.json, or NAME.refused.txt with the member and the sentence. Members that are left out stand in NAME.dropped.txt, where there are any.
/// With WRITE_GOLDEN=FOLDER (the Golden folder of the sources) the run writes the files instead, for somebody to read before they are kept.
/// </summary>
public sealed class ChatGoldenTests
{
    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Providers", "Chat", "Golden");

    public static TheoryData<string> Names() => new(Directory.GetFiles(Folder, "*.caller.json", SearchOption.AllDirectories)
        .Select(static f => Path.GetRelativePath(Folder, f)[..^".caller.json".Length].Replace('\\', '/')).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_provider_is_asked_in_its_own_format(string name)
    {
        var path = Path.Combine(Folder, name);
        var caller = await File.ReadAllBytesAsync(path + ".caller.json", TestContext.Current.CancellationToken);
        var (failure, written, dropped) = Translate(name.Split('/')[0], caller);
        if (Environment.GetEnvironmentVariable("WRITE_GOLDEN") is { } sources)
        {
            Write(Path.Combine(sources, name), failure, written, dropped);
            return;
        }

        if (File.Exists(path + ".refused.txt"))
        {
            Assert.Equal(Text(path + ".refused.txt"), $"{failure?.Param}: {failure?.Message}");
            return;
        }

        Assert.Null(failure);
        using var sent = JsonDocument.Parse(written);
        Assert.Equal(Text(path + ".upstream.json"), Indented(sent.RootElement));
        Assert.Equal(File.Exists(path + ".dropped.txt") ? Text(path + ".dropped.txt") : "", string.Join('\n', dropped));
    }

    private static (ApiFailure? Failure, ReadOnlyMemory<byte> Body, IReadOnlyList<string> Dropped) Translate(string pair, byte[] caller)
    {
        var (dialect, format) = ChatScene.Pair(pair);
        using var request = new ChatRequest(JsonDocument.Parse(caller));
        var body = new ArrayBufferWriter<byte>();
        var dropped = new List<string>();
        if (dialect.Read(request.Root, request) is { } unreadable)
        {
            return (unreadable, default, dropped);
        }

        using var writer = new Utf8JsonWriter(body, ChatJson.Writing);
        var model = ChatScene.Model(request.Root.GetProperty("model").GetString()!);
        var stream = request.Root.TryGetProperty("stream", out var asked) && asked.GetBoolean();
        var failure = format.Write(request, new UpstreamTerms(model, request.MaxOutputTokens ?? 4096, stream), writer, dropped);
        if (failure is null)
        {
            writer.Flush();
        }
        else
        {
            writer.Reset(new ArrayBufferWriter<byte>());
        }

        return (failure, body.WrittenMemory, dropped);
    }

    private static void Write(string path, ApiFailure? failure, ReadOnlyMemory<byte> written, IReadOnlyList<string> dropped)
    {
        if (failure is not null)
        {
            File.WriteAllText(path + ".refused.txt", $"{failure.Param}: {failure.Message}\n");
            return;
        }

        using var sent = JsonDocument.Parse(written);
        File.WriteAllText(path + ".upstream.json", Indented(sent.RootElement) + "\n");
        if (dropped.Count > 0)
        {
            File.WriteAllText(path + ".dropped.txt", string.Join('\n', dropped) + "\n");
        }
    }

    private static string Text(string path) => File.ReadAllText(path, Encoding.UTF8).ReplaceLineEndings("\n").TrimEnd('\n');

    private static string Indented(JsonElement value)
    {
        using var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, ChatJson.Writing with { Indented = true, NewLine = "\n" }))
        {
            value.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(text.ToArray());
    }
}
