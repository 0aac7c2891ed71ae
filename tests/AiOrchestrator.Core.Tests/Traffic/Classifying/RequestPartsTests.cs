using AiOrchestrator.Core.Traffic.Classifying;
using FsCheck;
using FsCheck.Fluent;

namespace AiOrchestrator.Core.Tests.Traffic.Classifying;

public sealed class RequestPartsTests
{
    private static readonly string Pasted = string.Concat(Enumerable.Repeat("pasted words\n", 80));

    [Fact]
    public void What_is_asked_stands_in_the_first_line_or_in_the_last()
    {
        var parts = RequestParts.Of("Hello,\nsummarise this please:\n" + Pasted + "In three sentences.\n\n");

        Assert.Equal("Hello,\nsummarise this please:", parts.Head.ToString());
        Assert.Equal("In three sentences.", parts.Tail.ToString());
        Assert.Equal("\n" + Pasted, parts.Middle.ToString());
    }

    [Fact]
    public void A_turn_of_one_line_is_all_beginning_unless_it_is_long()
    {
        var parts = RequestParts.Of(Pasted[..700].Replace('\n', '.'));

        Assert.Equal((700, 0, 0), (parts.Head.Length, parts.Middle.Length, parts.Tail.Length));
    }

    [Fact]
    public void Without_lines_so_many_characters_are_taken_and_of_the_middle_both_ends()
    {
        var parts = RequestParts.Of(new string('x', 100_000));

        Assert.Equal((600, 300), (parts.Head.Length, parts.Tail.Length));
        Assert.Equal((7_680, 7_680), (parts.Middle.Length, parts.MiddleEnd.Length));
    }

    [Fact]
    public void The_parts_of_any_turn_of_moderate_length_are_the_turn() => Prop.ForAll(
        Gen.Elements('a', ' ', '\n', '字', '\uD800').ArrayOf(900).Select(static u => new string(u)).ToArbitrary(), static text =>
        {
            var parts = RequestParts.Of(text);
            return string.Concat(parts.Head, parts.Middle, parts.Tail).TrimEnd() == text.TrimEnd();
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
}
