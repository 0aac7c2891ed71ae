using AiOrchestrator.Core.Caching.Matching;
using AiOrchestrator.Core.Tests.Simulation;

namespace AiOrchestrator.Core.Tests.Caching.Matching;

/// <summary>Over sentences made by chance: what must never be a hit, whatever stands around it.</summary>
public sealed class QuestionMatchProperties
{
    private const int Sentences = 5_000;

    private static readonly string[] Openings = ["How do I", "Can I", "Why does the team", "Please tell me whether we", "Could you explain how to", "When will they", "Hi! I want to", "List those who"];
    private static readonly string[] Verbs = ["move", "cancel", "book", "ship", "copy", "archive", "compare", "repair", "merge", "deploy"];
    private static readonly string[] Things = ["the report", "my order", "all invoices", "a room for the meeting", "the file `Main.cs`", "user_id", "fs.readFile", "the parcel", "each ticket", "the database"];
    private static readonly string[] Names = ["Anna", "Berlin", "Kowalski", "Toronto", "Siobhan", "Excel", "Hartmann", "Lyon", "Oslo", "Priya"];
    private static readonly string[] Ends = ["?", ".", "", "!", ", thanks!", " please"];

    [Fact]
    public void A_question_is_the_same_as_itself_whatever_the_blanks()
    {
        foreach (var (sentence, random) in Generate(1))
        {
            var blanks = string.Join(random.Chance(500) ? "  " : " ", sentence.Split(' '));
            Assert.Equal(Mismatch.None, Compare(sentence, $" {blanks}\t"));
        }
    }

    [Fact]
    public void The_verdict_on_two_questions_is_symmetric()
    {
        var last = "What is it?";
        foreach (var (sentence, _) in Generate(2))
        {
            Assert.Equal(Compare(sentence, last), Compare(last, sentence));
            last = sentence;
        }
    }

    [Fact]
    public void Another_digit_is_refused() => Refused(3, static (sentence, random) =>
    {
        var digits = Enumerable.Range(0, sentence.Length).Where(at => char.IsAsciiDigit(sentence[at])).ToList();
        var at = digits[random.Below(digits.Count)];
        var other = (char)('0' + ((sentence[at] - '0' + 1 + random.Below(9)) % 10));
        return $"{sentence[..at]}{other}{sentence[(at + 1)..]}";
    });

    [Fact]
    public void Another_name_is_refused() => Refused(4, static (sentence, random) =>
    {
        var name = Array.Find(Names, n => sentence.Contains(n, StringComparison.Ordinal))!;
        var others = Names.Where(n => n != name).ToList();
        return sentence.Replace(name, others[random.Below(others.Count)], StringComparison.Ordinal);
    });

    [Fact]
    public void A_name_with_another_letter_is_refused() => Refused(5, static (sentence, random) =>
    {
        var name = Array.Find(Names, n => sentence.Contains(n, StringComparison.Ordinal))!;
        var at = 1 + random.Below(name.Length - 1);
        return sentence.Replace(name, $"{name[..at]}{(name[at] == 'x' ? 'q' : 'x')}{name[(at + 1)..]}", StringComparison.Ordinal);
    });

    [Fact]
    public void A_not_in_it_is_refused() => Refused(6, static (sentence, random) =>
    {
        var words = sentence.Split(' ').ToList();
        words.Insert(1 + random.Below(words.Count - 1), "not");
        return string.Join(' ', words);
    });

    [Fact]
    public void Code_in_another_case_is_refused()
    {
        foreach (var (sentence, random) in Generate(7))
        {
            var code = random.Below(3) switch { 0 => "`Total`", 1 => "getTotal()", _ => "cart.items_Total" };
            var asked = $"{sentence} {code}";
            Assert.NotEqual(Mismatch.None, Compare(asked, asked.Replace("Total", "total", StringComparison.Ordinal)));
        }
    }

    private static void Refused(long seed, Func<string, SimRandom, string> change)
    {
        foreach (var (sentence, random) in Generate(seed))
        {
            var changed = change(sentence, random);
            Assert.NotEqual(sentence, changed);
            Assert.True(Compare(sentence, changed) != Mismatch.None, $"{sentence} | {changed}");
            Assert.True(Compare(changed, sentence) != Mismatch.None, $"{changed} | {sentence}");
        }
    }

    private static IEnumerable<(string Sentence, SimRandom Random)> Generate(long seed)
    {
        var random = new SimRandom(seed);
        for (var at = 0; at < Sentences; at++)
        {
            var number = random.Below(3) switch { 0 => $"{random.Below(100_000)}", 1 => $"{random.Below(90) + 10}%", _ => $"{random.Below(28) + 1} May" };
            yield return ($"{Pick(Openings)} {Pick(Verbs)} {Pick(Things)} from {Pick(Names)} {number}{Pick(Ends)}", random);
        }

        string Pick(string[] of) => of[random.Below(of.Length)];
    }

    private static Mismatch Compare(string a, string b) => QuestionMatch.Compare(QuestionFacts.Read(a), QuestionFacts.Read(b));
}
