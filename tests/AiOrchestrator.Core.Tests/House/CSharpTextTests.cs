using AiOrchestrator.Tests.House;

namespace AiOrchestrator.Core.Tests.House;

/// <summary>The scanner the house rules stand on, on the shapes that fool scanners.</summary>
public sealed class CSharpTextTests
{
    [Theory]
    [InlineData("""a = "{ // no }"; b""")]
    [InlineData("""a = @"{ ""x"" \"; b""")]
    [InlineData(""""a = """{ " \ }"""; b"""")]
    [InlineData(""""a = $$"""{ {{x + "}"}} """; b"""")]
    [InlineData("""a = $"{{ {(x ? "{" : "}")} {{"; b""")]
    [InlineData("""a = $@"{x} ""{{"" \"; b""")]
    [InlineData("""a = '{'; c = '\''; d = '"'; b""")]
    [InlineData("a /* { ; */; b")]
    public void Strings_characters_and_comments_are_not_code(string source)
    {
        var code = CSharpText.Of(source).Code;
        Assert.Equal(source.Length, code.Length);
        Assert.DoesNotContain('{', code);
        Assert.DoesNotContain('}', code);
        Assert.EndsWith("; b", code, StringComparison.Ordinal);
    }

    [Fact]
    public void Comments_and_directives_are_kept_with_their_lines()
    {
        var text = CSharpText.Of("#region x\nint a; // why\n/* two\nlines */\nvar url = \"http://x\";");
        Assert.Equal([new SourceComment(2, "// why"), new SourceComment(3, "/* two\nlines */")], text.Comments);
        Assert.Equal([new SourceComment(1, "#region x")], text.Directives);
    }

    [Fact]
    public void Members_are_measured_from_their_attribute_to_their_end()
    {
        var members = Members.Of(CSharpText.Of(
            """
            namespace N;
            [A(B = 1)]
            public sealed class C<T>(int a = 0) : D(a)
                where T : class, new()
            {
                private static readonly Dictionary<string, int> Data = new()
                {
                    ["x"] = 1,
                };

                public int P { get; } = 1;

                [Fact]
                public static bool operator ==(C<T> a, C<T> b)
                {
                    return true;
                }

                public int Q(int x) => x switch
                {
                    1 => 2,
                    _ => 3,
                };

                private enum E
                {
                    One = 1,
                    Two,
                }

                private sealed record R(int X)
                {
                    public void M()
                    {
                    }
                }
            }
            """));
        Assert.Equal([1, 1, 5, 5, 3], members.Select(static m => m.Lines));
        Assert.Equal(13, members[2].FirstLine);
    }
}
