using System.Text.Json;
using AiOrchestrator.Core.Caching.Matching;
using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Core.Tests.Caching.Matching;

/// <summary>The 1,600 wordings of 200 questions, and 300 questions asked once, that the bench's workloads are made of: many differ in one word from another question's.</summary>
public sealed class FaqQuestionsTests
{
    [Fact]
    public void No_two_questions_are_taken_for_the_same()
    {
        var all = Read().ToList();
        Assert.Equal(1900, all.Count);
        Assert.Empty(
            from first in Enumerable.Range(0, all.Count)
            from second in Enumerable.Range(first + 1, all.Count - first - 1)
            where all[first].Id != all[second].Id && QuestionMatch.Compare(all[first].Facts, all[second].Facts) == Mismatch.None
            select $"{all[first].Text} | {all[second].Text}");
    }

    private static IEnumerable<(string Id, string Text, QuestionFacts Facts)> Read()
    {
        foreach (var line in Lines("faq.jsonl"))
        {
            foreach (var wording in line.GetProperty("wordings").EnumerateArray())
            {
                yield return Question(line, wording);
            }
        }

        foreach (var line in Lines("unique.jsonl"))
        {
            yield return Question(line, line.GetProperty("text"));
        }
    }

    private static (string Id, string Text, QuestionFacts Facts) Question(JsonElement line, JsonElement text) =>
        (line.GetProperty("id").GetString()!, text.GetString()!, QuestionFacts.Read(text.GetString()!));

    private static IEnumerable<JsonElement> Lines(string file) =>
        File.ReadLines(Path.Combine(Repository.Root, "tests", "bench-caching", "workload", file)).Select(static line => JsonSerializer.Deserialize<JsonElement>(line));
}
