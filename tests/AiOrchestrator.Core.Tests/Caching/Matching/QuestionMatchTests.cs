using AiOrchestrator.Core.Caching.Matching;

namespace AiOrchestrator.Core.Tests.Caching.Matching;

public sealed class QuestionMatchTests
{
    [Theory]
    [InlineData("How do I cancel my order?", "how can I cancel my order")]
    [InlineData("What is the deductible of plan B2?", "Could you please tell me what the deductible of plan B2 is? Thanks in advance!")]
    [InlineData("What is the exchange fee?", "Hi, I was wondering if you could tell me the exchange fee.")]
    [InlineData("Can I buy two lamps?", "Am I allowed to purchase 2 lamps?")]
    [InlineData("How do I print 10,000 labels?", "how do i print 10000 labels")]
    [InlineData("How do I print twenty-two labels?", "How do I print 22 labels?")]
    [InlineData("If I leave in March, do I get a bonus?", "Do I get a bonus if I leave in March?")]
    [InlineData("How do I delete all files except the backups?", "Delete all files except the backups. How?")]
    [InlineData("How do I configure the network?", "how do i configure the netwrok")]
    [InlineData("Why was my order cancelled?", "Why was my order canceled?")]
    [InlineData("What does PayPal cost?", "what does paypal cost?")]
    [InlineData("Is it open on Friday?", "is it open on fri")]
    public void What_means_the_same_is_the_same(string a, string b) => Assert.Equal(Mismatch.None, Compare(a, b));

    [Theory]
    [InlineData("Numbers", "What is 15% of 240?", "What is 18% of 240?")]
    [InlineData("Numbers", "Who came first?", "Who came second?")]
    [InlineData("Units", "Set it to 30 seconds.", "Set it to 30 minutes.")]
    [InlineData("Units", "Is $5 enough?", "Is €5 enough?")]
    [InlineData("Dates", "Are you open on Monday?", "Are you open on Tuesday?")]
    [InlineData("Dates", "Will it come in May?", "Will it come in June?")]
    [InlineData("Names", "How do I install Slack on Ubuntu?", "How do I install Skype on Ubuntu?")]
    [InlineData("Names", "Is the office in the US open?", "Is the office in the UK open?")]
    [InlineData("Negation", "Which metals are magnetic?", "Which metals are not magnetic?")]
    [InlineData("Negation", "Flights with a stopover?", "Flights without a stopover?")]
    [InlineData("Code", "Explain the regex ^\\d+$", "Explain the regex ^\\D+$")]
    [InlineData("Code", "What does fs.readFile do?", "What does fs.readfile do?")]
    [InlineData("Code", "Does `if (x = 5)` compile in C?", "Does `if (x == 5)` compile in C?")]
    [InlineData("Quotation", "Who sang \"Hello\"?", "Who sang \"hello\"?")]
    [InlineData("LanguageAsked", "Answer in Spanish: what is the tallest mountain?", "Answer in Polish: what is the tallest mountain?")]
    [InlineData("Format", "List the states as a table.", "List the states as a poem.")]
    [InlineData("Direction", "Can he call me?", "Can she call me?")]
    [InlineData("Scope", "Cancel any of my tickets.", "Cancel all of my tickets.")]
    [InlineData("Scope", "What is the deductible?", "What is a deductible?")]
    [InlineData("Comparison", "What is the largest planet?", "What is the smallest planet?")]
    [InlineData("Tense", "What do I do before the update?", "What do I do after the update?")]
    [InlineData("Asked", "When does it start?", "Why does it start?")]
    [InlineData("Content", "How do I clean suede shoes?", "How do I clean canvas shoes?")]
    [InlineData("Order", "How do I convert JSON to CSV?", "How do I convert CSV to JSON?")]
    [InlineData("Language", "Wo finde ich die Rechnung für meine letzte Bestellung?", "Where do I find the bill for my last order?")]
    [InlineData("Wording", "Translate into French: I must leave now", "Translate into French: I have to leave now")]
    [InlineData("Unreadable", "?!", "?!")]
    [InlineData("Unreadable", "Hello!", "Hi!")]
    public void What_means_something_else_is_refused_for_the_first_reason(string reason, string a, string b)
    {
        Assert.Equal(reason, Compare(a, b).ToString());
        Assert.Equal(reason, Compare(b, a).ToString());
    }

    [Theory]
    [InlineData("My dog bit his cat.", "His cat bit my dog.")]
    [InlineData("What effect does sleep have on stress?", "What effect does stress have on sleep?")]
    [InlineData("From Lyon, how do I get to Nice?", "From Nice, how do I get to Lyon?")]
    [InlineData("Why did A call B and how did B answer?", "How did A call B and why did B answer?")]
    public void The_same_words_in_another_order_are_refused(string a, string b) => Assert.NotEqual(Mismatch.None, Compare(a, b));

    [Theory]
    [InlineData("Is the form valid?", "Is the from valid?")]
    [InlineData("What is sulfate?", "What is sulfite?")]
    [InlineData("Who rules Ireland?", "Who rules Iceland?")]
    [InlineData("Is it mutable?", "Is it immutable?")]
    [InlineData("Call my friend Paul", "Call my friend Pual")]
    public void What_may_be_another_word_is_no_slip_of_the_pen(string a, string b) => Assert.NotEqual(Mismatch.None, Compare(a, b));

    [Theory]
    [InlineData("Write a reply: thank you for your help", "Write a reply: sorry to bother you")]
    [InlineData("What does hello mean in Dutch?", "What does hi mean in Dutch?")]
    [InlineData("Draft a letter. Best regards, Anna", "Draft a letter. Best regards, Tom")]
    [InlineData("Can you deliver to France?", "Deliver to France")]
    public void Courtesy_that_is_a_part_of_what_is_asked_stays(string a, string b) => Assert.NotEqual(Mismatch.None, Compare(a, b));

    [Fact]
    public void What_is_too_long_is_the_same_as_nothing()
    {
        var longest = string.Concat(Enumerable.Repeat("word ", QuestionFacts.MaxChars / 5));
        Assert.Equal(Mismatch.Unreadable, Compare(longest + "wordy", longest + "wordy"));
    }

    [Fact]
    public void Code_that_is_set_in_otherwise_is_other_code() => Assert.NotEqual(Mismatch.None, Compare("Run this\n    x = 1\n  y = 2", "Run this\n    x = 1\n    y = 2"));

    [Fact]
    public void Every_reason_for_a_kind_of_term_has_its_name() => Assert.Equal(Mismatch.Content, Mismatch.Numbers + (int)TermKind.Content);

    private static Mismatch Compare(string a, string b) => QuestionMatch.Compare(QuestionFacts.Read(a), QuestionFacts.Read(b));
}
