using AiOrchestrator.Core.Tests.Metering;

namespace AiOrchestrator.Core.Tests.Providers.Chat;

/// <summary>Every recorded answer of a provider, whole and streamed, told in every dialect: text, thoughts, functions, finish and usage agree.</summary>
public sealed class RecordedAnswersTests
{
    /// <summary>
    /// Recordings that are no answers to a conversation, or are broken on purpose: <see cref="BrokenAnswersTests"/>. Of Google's, those of two other
    /// APIs, whose formats nothing here speaks (interactions, live), and an error, which <see cref="Gemini.GeminiAnswersTests"/> reads.
    /// </summary>
    private static readonly string[] NotAnswers =
    [
        "duplicate-message-start", "spliced-message-start", "skills__", "web-fetch-tool.error", "-error.", "wrapper.1.chunks",
        "interactions__", "live-speech-translation", "google-429-retry-info", "reranking__", "cohere-embedding",
    ];

    /// <summary>How each format's own answers are read by the tests, by the folder of its recordings and how their names begin.</summary>
    private static readonly Dictionary<string, (string Format, Func<string, Said> Whole, Func<IEnumerable<string>, Said> Stream)> Originals = new(StringComparer.Ordinal)
    {
        ["anthropic"] = ("anthropic", SaidByAnthropic.Whole, SaidByAnthropic.Stream),
        ["openai/responses__"] = ("openai_responses", SaidByResponses.Whole, SaidByResponses.Stream),
        ["openai/chat__"] = ("openai", SaidInChat.Whole, static events => SaidInChat.Stream(string.Concat(events.Where(IsChunk).Append("[DONE]").Select(static e => $"data: {e}\n\n")))),
        ["google"] = ("gemini", SaidByGemini.Whole, SaidByGemini.Stream),
        ["amazon-bedrock"] = ("bedrock", SaidByBedrock.Whole, SaidByBedrock.Stream),
        ["cohere"] = ("cohere", SaidByCohere.Whole, SaidByCohere.Stream),
    };

    /// <summary>How each dialect is read by the tests.</summary>
    private static readonly Dictionary<string, (Func<string, Said> Whole, Func<string, Said> Stream)> Readers = new(StringComparer.Ordinal)
    {
        ["chat"] = (SaidInChat.Whole, SaidInChat.Stream),
        ["responses"] = (SaidInResponses.Whole, SaidInResponses.Stream),
        ["messages"] = (SaidInMessages.Whole, SaidInMessages.Stream),
        ["completions"] = (SaidInCompletions.Whole, SaidInCompletions.Stream),
    };

    public static TheoryData<string, string> Pairs()
    {
        var pairs = new TheoryData<string, string>();
        foreach (var folder in Originals.Keys)
        {
            foreach (var dialect in ChatScene.DialectNames)
            {
                pairs.Add(folder, dialect);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_recorded_stream_says_the_same_in_another_dialect(string folder, string dialect)
    {
        var original = Originals[folder];
        var differences = new List<string>();
        var files = Files(folder, "*.chunks.txt");
        foreach (var file in files)
        {
            foreach (var events in Answers(File.ReadLines(file).Where(static l => l.Length > 0)))
            {
                var told = ChatScene.Stream($"{dialect}-{original.Format}", events);
                var said = Expected(original.Stream(events), dialect);
                var heard = told.Failure ?? Readers[dialect].Stream(told.Text).ToString();
                if (said != heard)
                {
                    differences.Add(Difference(file, said, heard));
                }
            }
        }

        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
        Assert.NotEmpty(files);
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_recorded_answer_says_the_same_in_another_dialect(string folder, string dialect)
    {
        var original = Originals[folder];
        var differences = new List<string>();
        var files = Files(folder, "*.json");
        foreach (var file in files)
        {
            var json = File.ReadAllText(file);
            var told = ChatScene.Whole($"{dialect}-{original.Format}", json);
            var said = Expected(original.Whole(json), dialect);
            var heard = told.Failure ?? Readers[dialect].Whole(told.Text).ToString();
            if (said != heard)
            {
                differences.Add(Difference(file, said, heard));
            }
        }

        Assert.True(differences.Count == 0, string.Join("\n\n", differences));
        Assert.NotEmpty(files);
    }

    /// <summary>Azure begins with what its filters think of the prompt, which is no chunk.</summary>
    private static bool IsChunk(string data) => !data.Contains("\"object\":\"\"", StringComparison.Ordinal);

    /// <summary>A response has no word for an end that is none of the usual: it was done, or asks for functions.</summary>
    private static string Expected(Said said, string dialect)
    {
        if (dialect == "responses" && said.Finish is (null or "stop"))
        {
            said.Finish = said.Calls.Count > 0 ? "tool_calls" : "stop";
        }

        return dialect == "completions" ? SaidInCompletions.AsText(said).ToString() : said.ToString();
    }

    /// <summary>Some files hold all the answers of a conversation, one after another.</summary>
    private static List<List<string>> Answers(IEnumerable<string> lines)
    {
        var answers = new List<List<string>>();
        foreach (var line in lines)
        {
            if (answers.Count == 0 || line.StartsWith("{\"type\":\"message_start\"", StringComparison.Ordinal) || line.StartsWith("{\"type\":\"response.created\"", StringComparison.Ordinal))
            {
                answers.Add([]);
            }

            answers[^1].Add(line);
        }

        return answers;
    }

    private static string Difference(string file, string said, string heard)
    {
        var start = said.Zip(heard).TakeWhile(static p => p.First == p.Second).Count();
        start = Math.Max(0, start - 40);
        return $"{Path.GetFileName(file)}\n--- said\n{Around(said, start)}\n--- heard\n{Around(heard, start)}";
    }

    private static string Around(string text, int start) => text[Math.Min(start, text.Length)..Math.Min(start + 300, text.Length)];

    private static List<string> Files(string folder, string pattern)
    {
        var slash = folder.IndexOf('/', StringComparison.Ordinal);
        var (path, start) = slash < 0 ? (folder, "") : (folder[..slash], folder[(slash + 1)..]);
        return [.. Directory.GetFiles(RecordedData.PathOf("provider-streams", path), start + pattern)
            .Where(static f => !NotAnswers.Any(n => Path.GetFileName(f).Contains(n, StringComparison.Ordinal))).Order(StringComparer.Ordinal)];
    }
}
