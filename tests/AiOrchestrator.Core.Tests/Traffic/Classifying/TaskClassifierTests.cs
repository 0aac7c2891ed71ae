using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Tests.Traffic.Facts;
using AiOrchestrator.Core.Traffic.Classifying;
using AiOrchestrator.Core.Traffic.Facts;

namespace AiOrchestrator.Core.Tests.Traffic.Classifying;

public sealed class TaskClassifierTests
{
    private static readonly string Code = string.Concat(Enumerable.Repeat("```python\ndef f(x):\n    return x + 1\n```\n", 110));

    [Theory]
    [InlineData("What is the capital of Peru?", TaskCategory.Simple, TaskComplexity.Low, "en")]
    [InlineData("hello", TaskCategory.Simple, TaskComplexity.Low, "und")]
    [InlineData("Write a polite email to my landlord about the broken heating and ask when it will be repaired.", TaskCategory.Medium, TaskComplexity.Medium, "en")]
    [InlineData("Write a Python function that merges two sorted lists: def merge(a, b): pass", TaskCategory.Coding, TaskComplexity.Medium, "en")]
    [InlineData("Prove that there are infinitely many primes, step by step.", TaskCategory.Reasoning, TaskComplexity.High, "en")]
    [InlineData("Draw a picture of a castle at night in watercolour.", TaskCategory.ImageGen, TaskComplexity.Low, "en")]
    [InlineData("Generate a ten second video of waves on a beach, slow motion.", TaskCategory.VideoGen, TaskComplexity.Medium, "en")]
    [InlineData("Was ist der Unterschied zwischen Wetter und Klima?", TaskCategory.Multilingual, TaskComplexity.Low, "de")]
    [InlineData("Translate this letter into French.", TaskCategory.Multilingual, TaskComplexity.Low, "en")]
    [InlineData("Go through my inbox, draft a reply to each customer, then update the CRM and book a follow-up call.", TaskCategory.Agentic, TaskComplexity.High, "en")]
    [InlineData("I have pasted the complete transcripts of all 60 hearings, 2000 pages. List every contradiction.", TaskCategory.LongContext, TaskComplexity.High, "en")]
    public void A_text_is_told_by_its_words(string said, TaskCategory category, TaskComplexity complexity, string language)
    {
        var found = Said(said);

        Assert.Equal((category, complexity, language), (found.Category, found.Complexity, found.Language));
    }

    [Theory]
    [InlineData(ModelCall.ImageGenerations, CallNeeds.ImageGen, 1, 1, TaskCategory.ImageGen)]
    [InlineData(ModelCall.Videos, CallNeeds.VideoGen, 1, 1, TaskCategory.VideoGen)]
    [InlineData(ModelCall.VideoRemixes, CallNeeds.VideoGen, 1, 1, TaskCategory.VideoGen)]
    [InlineData(ModelCall.Embeddings, CallNeeds.None, 1, 1, TaskCategory.Simple)]
    [InlineData(ModelCall.Transcriptions, CallNeeds.AudioIn, 0, 1, TaskCategory.Simple)]
    [InlineData(ModelCall.ChatCompletions, CallNeeds.Vision, 1, 1, TaskCategory.VisionIn)]
    [InlineData(ModelCall.Messages, CallNeeds.VideoIn, 1, 1, TaskCategory.VisionIn)]
    [InlineData(ModelCall.ChatCompletions, CallNeeds.ImageGen, 1, 1, TaskCategory.ImageGen)]
    [InlineData(ModelCall.ChatCompletions, CallNeeds.Tools, 3, 1, TaskCategory.Agentic)]
    [InlineData(ModelCall.ChatCompletions, CallNeeds.Tools | CallNeeds.Vision, 5, 1, TaskCategory.Agentic)]
    [InlineData(ModelCall.ChatCompletions, CallNeeds.Tools, 1, 1, TaskCategory.Simple)]
    [InlineData(ModelCall.ChatCompletions, CallNeeds.None, 5, 1, TaskCategory.Simple)]
    [InlineData(ModelCall.ChatCompletions, CallNeeds.Vision, 1, 100_001, TaskCategory.LongContext)]
    [InlineData(ModelCall.Responses, CallNeeds.None, 1, 100_000, TaskCategory.Simple)]
    public void The_form_of_a_call_goes_before_its_words(ModelCall call, CallNeeds needs, int turns, long tokens, TaskCategory category) => Assert.Equal(
        category, TaskClassifier.Classify(call, new PromptText("What is the capital of Peru?".AsMemory(), 0, turns, false), needs, tokens).Category);

    [Fact]
    public void The_user_s_last_turn_weighs_most()
    {
        var history = string.Concat(Enumerable.Repeat("""{"role":"user","content":"Write a Python function that sorts a list."},{"role":"assistant","content":"def f(): pass"},""", 6));
        var (text, _) = PromptScene.Chat($$"""[{{history}}{"role":"user","content":"Now draw me a picture of a snake curled around a laptop, in watercolour, with warm light."}]""");

        Assert.Equal(TaskCategory.ImageGen, TaskClassifier.Classify(ModelCall.ChatCompletions, text, CallNeeds.None, 100).Category);
    }

    [Fact]
    public void A_turn_of_few_words_means_what_was_said_before_it()
    {
        var (text, _) = PromptScene.Chat(
            """[{"role":"user","content":"Write a C# method that reads a CSV file into a list of dictionaries and unit tests for it with xUnit."},{"role":"assistant","content":"Here it is"},{"role":"user","content":"shorter please"}]""");

        Assert.Equal(TaskCategory.Coding, TaskClassifier.Classify(ModelCall.ChatCompletions, text, CallNeeds.None, 30).Category);
        Assert.NotEqual(TaskCategory.Coding, Said("shorter please").Category);
    }

    [Fact]
    public void What_is_asked_counts_however_much_is_pasted_behind_or_before_it()
    {
        var filler = string.Concat(Enumerable.Repeat("Thank you for the parcel, which has reached us in good order, and for your kind words. ", 1_200));

        Assert.Equal(TaskCategory.Coding, Said("Fix the bug in this Python function.\n\n" + Code).Category);
        Assert.Equal(TaskCategory.Multilingual, Said("Please translate the letter below into Polish.\n\n" + filler).Category);
        Assert.Equal(TaskCategory.Multilingual, Said(filler + "\nPlease translate the letter above into Polish.").Category);
        Assert.Equal(100_000 / 4, TaskClassifier.Tokens(new string('x', 100_000)));
    }

    [Fact]
    public void The_same_call_always_gets_the_same_answer()
    {
        var first = Said(Code);

        Assert.All(Enumerable.Range(0, 20), _ => Assert.Equal(first, Said(Code)));
    }

    [Fact]
    public void The_reason_names_the_category_and_the_next_one() => Assert.Matches(
        "^its words read as simple \\(0\\.[0-9]{2}\\), else as [a-z_]+ \\(0\\.[0-9]{2}\\)$", Said("How do you spell necessary?").Reason);

    [Fact]
    public void Tools_on_offer_make_it_likelier_that_something_is_to_be_done()
    {
        var text = new PromptText("Find a table for two tonight and let Anna know.".AsMemory(), 0, 1, false);
        var without = TaskClassifier.Classify(ModelCall.ChatCompletions, text, CallNeeds.None, 10);
        var with = TaskClassifier.Classify(ModelCall.ChatCompletions, text, CallNeeds.Tools, 10);

        Assert.Equal(TaskCategory.Agentic, with.Category);
        Assert.True(without.Category != TaskCategory.Agentic || with.Confidence > without.Confidence);
    }

    private static Classification Said(string text) =>
        TaskClassifier.Classify(ModelCall.ChatCompletions, new PromptText(text.AsMemory(), 0, 1, false), CallNeeds.None, TaskClassifier.Tokens(text));
}
