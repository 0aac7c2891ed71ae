using AiOrchestrator.Core.Traffic.Rules;

namespace AiOrchestrator.Core.Tests.Traffic.Rules;

public sealed class KeywordIndexTests
{
    [Theory]
    [InlineData("fix", "fix", true)]
    [InlineData("fix", "Please FIX: it", true)]
    [InlineData("fix", "prefix fixes fix2 fix_it", false)]
    [InlineData("fix", "pre-fix", true)]
    [InlineData("analyze this", "Analyze This!", true)]
    [InlineData("analyze this", "analyze thistle", false)]
    [InlineData("analyze this", "analyze that, analyze this", true)]
    [InlineData("analyze this", "analyze  this", false)]
    [InlineData("c++", "in C++ or c", true)]
    [InlineData("c++", "in c", false)]
    [InlineData(".net", "asp.net", true)]
    [InlineData(".net", ".network", false)]
    [InlineData("#urgent", "it is #Urgent", true)]
    [InlineData("naïve", "So NAÏVE", true)]
    [InlineData("naive", "naïve", false)]
    [InlineData("cafe", "cafe\u0301", false)]
    [InlineData("über", "darüber", false)]
    [InlineData("привет", "Привет, мир", true)]
    [InlineData("привет", "приветы", false)]
    [InlineData("翻译", "请翻译这段话", true)]
    [InlineData("번역", "번역해 주세요", true)]
    [InlineData("ai", "用ai写", true)]
    [InlineData("🚀", "go🚀now", true)]
    [InlineData("42", "x 42.", true)]
    [InlineData("42", "421", false)]
    [InlineData("why", "", false)]
    public void A_word_is_found_whole_and_in_any_case(string word, string text, bool isFound) => Assert.Equal(isFound, Found([word], text).Contains(word));

    [Fact]
    public void All_that_a_text_holds_are_found_in_one_pass_however_they_overlap()
    {
        string[] words = ["help", "help me", "me", "help me now", "now", "/now", "nothing"];

        Assert.Equal(["/now", "help", "help me", "me", "now"], Found(words, "HELP ME, /now").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_same_word_in_another_case_is_the_same_keyword()
    {
        var builder = new KeywordIndex.Builder();

        Assert.Equal(builder.Add("Fix"), builder.Add("fIX"));
    }

    /// <summary>Against a search that looks at every place; texts are long enough for words to lie across all blocks.</summary>
    [Fact]
    public void What_is_found_is_what_a_search_of_every_place_finds()
    {
        string[] letters = ["a", "B", "b", "_", "7", " ", " ", ".", "\n", "é", "É", "ß", "ж", "翻", "🚀", "\u0301"];
        var random = new Random(7);
        for (var run = 0; run < 4_000; run++)
        {
            string Text(int most) => string.Concat(Enumerable.Range(0, random.Next(1, most)).Select(_ => letters[random.Next(letters.Length)]));
            var words = Enumerable.Range(0, 12).Select(_ => Text(7).Trim()).Where(static w => w.Length > 0).Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
            var text = Text(300);

            Assert.Equal(words.Where(w => Holds(text, w)), Found(words, text));
        }
    }

    [Fact]
    public void Only_what_begins_before_a_place_is_found_however_far_it_goes()
    {
        var builder = new KeywordIndex.Builder();
        var (crossing, behind) = (builder.Add("one two"), builder.Add("two"));
        var index = builder.Build();
        var found = new ulong[index.Length];

        index.Find("one two", 4, found);

        Assert.Equal((true, false), (KeywordIndex.Has(found, crossing), KeywordIndex.Has(found, behind)));
    }

    private static bool Holds(string text, string word)
    {
        for (var at = 0; (at = text.IndexOf(word, at, StringComparison.OrdinalIgnoreCase)) >= 0; at++)
        {
            var end = at + word.Length;
            if ((at == 0 || !(KeywordIndex.IsOfWord(text[at - 1]) && KeywordIndex.IsOfWord(text[at])))
                && (end == text.Length || !(KeywordIndex.IsOfWord(text[end - 1]) && KeywordIndex.IsOfWord(text[end]))))
            {
                return true;
            }
        }

        return false;
    }

    private static List<string> Found(string[] words, string text)
    {
        var builder = new KeywordIndex.Builder();
        var numbers = words.Select(builder.Add).ToList();
        var index = builder.Build();
        var found = new ulong[index.Length];
        index.Find(text, text.Length, found);
        return [.. words.Where((_, i) => KeywordIndex.Has(found, numbers[i]))];
    }
}
