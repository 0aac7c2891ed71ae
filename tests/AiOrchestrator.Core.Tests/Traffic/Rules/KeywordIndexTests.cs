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

    private static List<string> Found(string[] words, string text)
    {
        var builder = new KeywordIndex.Builder();
        var numbers = words.Select(builder.Add).ToList();
        var index = builder.Build();
        var found = new ulong[index.Length];
        index.Find(text, found);
        return [.. words.Where((_, i) => KeywordIndex.Has(found, numbers[i]))];
    }
}
