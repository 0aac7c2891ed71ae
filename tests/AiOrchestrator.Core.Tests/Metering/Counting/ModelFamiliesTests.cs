using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Metering.Counting;

namespace AiOrchestrator.Core.Tests.Metering.Counting;

public sealed class ModelFamiliesTests
{
    [Theory]
    [InlineData("openai", "gpt-4o-2024-08-06", "openai", "o200k_base", true)]
    [InlineData("openai", "chatgpt-4o-latest", "openai", "o200k_base", true)]
    [InlineData("openai", "gpt-4.1-nano", "openai", "o200k_base", true)]
    [InlineData("openai", "gpt-4.5-preview", "openai", "o200k_base", true)]
    [InlineData("openai", "gpt-5.2-codex", "openai", "o200k_base", true)]
    [InlineData("openai", "o1", "openai", "o200k_base", true)]
    [InlineData("openai", "o3-mini", "openai", "o200k_base", true)]
    [InlineData("openrouter", "openai/o4-mini", "openai", "o200k_base", true)]
    [InlineData("openai", "codex-mini-latest", "openai", "o200k_base", true)]
    [InlineData("openai", "gpt-4-turbo", "openai", "cl100k_base", true)]
    [InlineData("azure", "gpt-35-turbo", "openai", "cl100k_base", true)]
    [InlineData("openai", "gpt-3.5-turbo", "openai", "cl100k_base", true)]
    [InlineData("openai", "text-embedding-3-large", "openai", "cl100k_base", true)]
    [InlineData("openai", "text-embedding-ada-002", "openai", "cl100k_base", true)]
    [InlineData("openai", "davinci-002", "gpt3", "cl100k_base*1.15", false)]
    [InlineData("azure", "phi-4", "other", "o200k_base*1.1", false)]
    [InlineData("groq", "openai/gpt-oss-120b", "harmony", "o200k_harmony", true)]
    [InlineData("anthropic", "claude-sonnet-4-5", "anthropic", "o200k_base*1.22", false)]
    [InlineData("aws", "us.anthropic.claude-opus-4-8-v1:0", "anthropic", "o200k_base*1.46", false)]
    [InlineData("google", "gemini-2.5-pro", "gemini", "o200k_base*1.08", false)]
    [InlineData("mistral", "codestral-latest", "mistral", "o200k_base*1.08", false)]
    [InlineData("cohere", "command-r-plus", "cohere", "o200k_base*1.1", false)]
    [InlineData("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo", "llama3", "cl100k_base", false)]
    [InlineData("groq", "meta-llama/llama-4-scout-17b-16e-instruct", "llama", "o200k_base*1.08", false)]
    [InlineData("deepseek", "deepseek-chat", "deepseek", "o200k_base", false)]
    [InlineData("cerebras", "qwen-3-32b", "qwen", "o200k_base*1.06", false)]
    [InlineData("fireworks", "accounts/fireworks/models/glm-4p7", "other", "o200k_base*1.1", false)]
    [InlineData("who", "olympus-1", "other", "o200k_base*1.1", false)]
    public void A_model_is_counted_by_its_family(string provider, string model, string family, string countsWith, bool exact)
    {
        var found = ModelFamilies.Of(provider, model);

        Assert.Equal((family, countsWith, exact), (found.Name, found.CountsWith, found.IsExact));
        Assert.Equal(exact, found.StatedErrorPercent == 0);
    }

    [Fact]
    public void Every_model_of_the_shipped_prices_that_has_a_family_name_in_it_is_found()
    {
        foreach (var model in PriceTable.LoadEmbedded().Models.Where(static m => m.Provider is "openai" or "anthropic" or "google" or "mistral" or "deepseek"))
        {
            Assert.NotEqual("other", ModelFamilies.Of(model.Provider, model.Id).Name);
        }
    }
}
