using System.Text.RegularExpressions;
using AiOrchestrator.Core.Traffic.Rules;

namespace AiOrchestrator.Core.Tests.Traffic.Rules;

/// <summary>No text and no expression makes a call wait: what does not run in linear time, or is too large written out, is refused when it is written.</summary>
public sealed class RulePatternTests
{
    [Fact]
    public void Expressions_run_without_backtracking_and_by_no_culture()
    {
        Assert.Equal(RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, RulePattern.Compile("(a+)+$").Options);
        Assert.Equal(RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, new PatternLeaf("p", new PatternCondition("(a+)+$")).Regex.Options);
    }

    /// <summary>With backtracking this would take longer than there has been time.</summary>
    [Theory]
    [InlineData("(a+)+$")]
    [InlineData("^(a|aa)+$")]
    [InlineData("(.*a){12}$")]
    [InlineData("(x+x+)+y")]
    public void A_hostile_expression_against_100_KB_comes_to_an_end(string regex)
    {
        var call = new Sketch { Said = new string('a', 100_000) + "!" };

        Assert.Equal(RuleOutcome.NotMatched, call.Step($$$"""{"pattern":{"regex":"{{{regex}}}"}}""").Outcome);
    }

    [Theory]
    [InlineData(@"(a)\1")]
    [InlineData("a(?=b)")]
    [InlineData("a(?!b)")]
    [InlineData("(?<=a)b")]
    [InlineData("(?>a+)b")]
    [InlineData(@"\Ga")]
    [InlineData("(a)?(?(1)b|c)")]
    public void What_needs_backtracking_is_refused(string regex)
    {
        Assert.Contains("cannot be matched in linear time", RulePattern.ProblemOf(regex), StringComparison.Ordinal);
        Assert.Equal("conditions.pattern.regex", Sketch.Read($$$"""{"pattern":{"regex":"{{{regex.Replace("\\", "\\\\", StringComparison.Ordinal)}}}"}}""").Failure?.Param);
    }

    [Theory]
    [InlineData("(")]
    [InlineData("[a")]
    [InlineData("a{3,1}")]
    [InlineData("*")]
    public void What_is_no_expression_is_refused(string regex) => Assert.Contains("is no regular expression", RulePattern.ProblemOf(regex), StringComparison.Ordinal);

    [Fact]
    public void An_expression_has_at_most_500_characters()
    {
        Assert.False(Sketch.Read($$$"""{"pattern":{"regex":"{{{new string('a', 500)}}}"}}""").Failed);
        Assert.Equal("conditions.pattern.regex", Sketch.Read($$$"""{"pattern":{"regex":"{{{new string('a', 501)}}}"}}""").Failure?.Param);
    }

    [Theory]
    [InlineData("abc", 3)]
    [InlineData("a{3}", 3)]
    [InlineData("(ab){3}", 6)]
    [InlineData("(ab{2}){3}c", 10)]
    [InlineData("((a{10}){10}){10}", 1000)]
    [InlineData("a{2,5}", 5)]
    [InlineData("a{4,}", 5)]
    [InlineData("[a-z{9}]{3}", 3)]
    [InlineData(@"[^\]]{4}", 4)]
    [InlineData("[]x]{4}", 4)]
    [InlineData("[a-z-[aeiou]]{4}", 4)]
    [InlineData(@"\d{4}-\d{2}", 7)]
    [InlineData(@"\{7}", 3)]
    [InlineData("a{x}", 4)]
    [InlineData("a{0}b", 2)]
    public void Repetitions_count_written_out(string regex, long size) => Assert.Equal(size, RulePattern.SizeOf(regex));

    [Theory]
    [InlineData("((a{100}){100}){100}")]
    [InlineData("a{2147483647}")]
    [InlineData("(((((((a{9999}){9999}){9999}){9999}){9999}){9999}){9999}")]
    [InlineData("(a{1000}){3}")]
    public void What_is_too_large_written_out_is_refused(string regex) => Assert.Contains("repeats too much", RulePattern.ProblemOf(regex), StringComparison.Ordinal);

    [Theory]
    [InlineData(@"(?i)\b(invoice|refund)s?\b")]
    [InlineData(@"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")]
    [InlineData(@"[\w.+-]{1,64}@[\w-]{1,63}(\.[\w-]{1,63}){1,8}")]
    public void Ordinary_expressions_are_taken(string regex) => Assert.Null(RulePattern.ProblemOf(regex));
}
