using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.Registry;
using AiOrchestrator.Core.Traffic.Facts;
using AiOrchestrator.Core.Traffic.Rules;

namespace AiOrchestrator.Core.Tests.Traffic.Rules;

/// <summary>The rules that ship, trigger by trigger (RT-02).</summary>
public sealed class SystemRulesTests
{
    private static readonly RuleSet Shipped = new(SystemRules.All);

    [Fact]
    public void They_have_the_priorities_and_the_models_they_must() => Assert.Equal(
        [
            ("sys_screenshot", 100, "claude-opus-4-5", "gpt-4o"),
            ("sys_long_document", 95, "gemini-2.5-pro", "claude-opus-4-5"),
            ("sys_real_time", 92, "gemini-3-flash-preview", "claude-haiku-4-5"),
            ("sys_customer_service", 90, "gpt-4o", "claude-sonnet-4-0"),
            ("sys_complex_reasoning", 88, "claude-opus-4-5", "gpt-5"),
            ("sys_browser_automation", 87, "claude-sonnet-4-0", "claude-opus-4-5"),
            ("sys_complex_code", 85, "gpt-5.1-codex", "claude-sonnet-4-0"),
            ("sys_quick_edits", 80, "claude-haiku-4-5", "gpt-5-mini"),
        ],
        Shipped.Rules.Select(static r => (r.Id, r.Priority, r.Models[0].Model, r.Models[1].Model)));

    [Fact]
    public void They_name_models_that_the_registry_knows_and_are_what_their_endpoint_takes() => Assert.All(SystemRules.All, static rule =>
    {
        Assert.True(rule is { IsSystem: true, Enabled: true, CreatedBy: "system", Action.ReplacesExplicit: false });
        Assert.All([rule.Action.Use!.Model!, .. rule.Action.Use.Fallback!], static m => Assert.Contains(ModelRegistry.Shipped.Entries, e => e.Id == m));
        Assert.Equal(
            System.Text.Json.JsonSerializer.Serialize(rule.Conditions, RulesJson.Default.RuleCondition),
            System.Text.Json.JsonSerializer.Serialize(Sketch.Read(System.Text.Json.JsonSerializer.Serialize(rule.Conditions, RulesJson.Default.RuleCondition)).Value, RulesJson.Default.RuleCondition));
    });

    [Theory]
    [InlineData("What does the Screenshot say?", "sys_screenshot")]
    [InlineData("Analyze this: 1 2 3", "sys_screenshot")]
    [InlineData("Read the document", "sys_long_document")]
    [InlineData("summarize the talk", "sys_long_document")]
    [InlineData("/fast tell me the time", "sys_real_time")]
    [InlineData("I need help", "sys_customer_service")]
    [InlineData("Call support", "sys_customer_service")]
    [InlineData("One question", "sys_customer_service")]
    [InlineData("/support my order", "sys_customer_service")]
    [InlineData("Explain gravity", "sys_complex_reasoning")]
    [InlineData("But why?", "sys_complex_reasoning")]
    [InlineData("Analyze our market", "sys_complex_reasoning")]
    [InlineData("A strategy for chess", "sys_complex_reasoning")]
    [InlineData("Automate my login", "sys_browser_automation")]
    [InlineData("open the browser", "sys_browser_automation")]
    [InlineData("click on it", "sys_browser_automation")]
    [InlineData("/automate the form", "sys_browser_automation")]
    [InlineData("Generate names", "sys_complex_code")]
    [InlineData("create a list", "sys_complex_code")]
    [InlineData("refactor the loop", "sys_complex_code")]
    [InlineData("Look: ```x``` is it right", "sys_complex_code")]
    [InlineData("fix it", "sys_quick_edits")]
    [InlineData("a typo", "sys_quick_edits")]
    [InlineData("the syntax", "sys_quick_edits")]
    [InlineData("Good morning", null)]
    [InlineData("Tell me of /fast", null)]
    [InlineData("screenshots, helpers and prefixes", null)]
    public void A_word_or_a_command_of_the_last_turn_decides(string said, string? rule) => Assert.Equal(rule, Decided(new Sketch { Said = said }));

    [Fact]
    public void What_is_attached_how_long_it_is_and_tags_decide_too()
    {
        Assert.Equal("sys_screenshot", Decided(new Sketch { Needs = CallNeeds.Vision }));
        Assert.Equal("sys_long_document", Decided(new Sketch { Tokens = 100_001 }));
        Assert.Null(Decided(new Sketch { Tokens = 100_000 }));
        Assert.Equal("sys_real_time", Decided(new Sketch { Tags = ["time-sensitive"] }));
        Assert.Equal("sys_complex_code", Decided(new Sketch { Files = ["app.ts"] }));
    }

    [Fact]
    public void A_quick_edit_has_fewer_than_500_characters()
    {
        Assert.Equal("sys_quick_edits", Decided(new Sketch { Said = "fix " + new string('.', 495), System = new string('s', 5_000) }));
        Assert.Null(Decided(new Sketch { Said = "fix " + new string('.', 496) }));
    }

    [Theory]
    [InlineData("screenshot document", "sys_screenshot")]
    [InlineData("/fast summarize", "sys_long_document")]
    [InlineData("/fast help", "sys_real_time")]
    [InlineData("help me click and fix", "sys_customer_service")]
    [InlineData("why click", "sys_complex_reasoning")]
    [InlineData("click create", "sys_browser_automation")]
    [InlineData("create a fix", "sys_complex_code")]
    public void Of_several_the_highest_priority_decides(string said, string rule) => Assert.Equal(rule, Decided(new Sketch { Said = said }));

    [Theory]
    [InlineData(ModelCall.ChatCompletions, true)]
    [InlineData(ModelCall.Messages, true)]
    [InlineData(ModelCall.Responses, true)]
    [InlineData(ModelCall.Completions, true)]
    [InlineData(ModelCall.Embeddings, false)]
    [InlineData(ModelCall.ImageGenerations, false)]
    public void Only_conversations_are_decided(ModelCall call, bool decided) =>
        Assert.Equal(decided, Decided(new Sketch { Call = call, Said = "a screenshot" }) is not null);

    [Fact]
    public void A_model_the_caller_named_stays()
    {
        var trace = new RuleTrace();

        Assert.Null(Shipped.Match(new Sketch { Said = "a screenshot, please help" }.Facts(), trace));
        Assert.All(trace.Steps, static s => Assert.Equal(RuleOutcome.NotForExplicit, s.Outcome));
    }

    private static string? Decided(Sketch call) => Shipped.Match((call with { Automatic = true }).Facts(), null)?.Id;
}
