using AiOrchestrator.Core.Metering;
using AiOrchestrator.Core.Providers;

namespace AiOrchestrator.Core.Tests.Providers;

public sealed class EnvironmentProvidersTests
{
    [Theory]
    [InlineData("OPENAI_API_KEY", "openai", "https://api.openai.com/v1")]
    [InlineData("ANTHROPIC_API_KEY", "anthropic", "https://api.anthropic.com/v1")]
    [InlineData("GEMINI_API_KEY", "google", "https://generativelanguage.googleapis.com/v1beta")]
    [InlineData("GOOGLE_API_KEY", "google", "https://generativelanguage.googleapis.com/v1beta")]
    [InlineData("COHERE_API_KEY", "cohere", "https://api.cohere.com/v2")]
    [InlineData("MISTRAL_API_KEY", "mistral", "https://api.mistral.ai/v1")]
    [InlineData("GROQ_API_KEY", "groq", "https://api.groq.com/openai/v1")]
    [InlineData("TOGETHER_API_KEY", "together", "https://api.together.xyz/v1")]
    [InlineData("CEREBRAS_API_KEY", "cerebras", "https://api.cerebras.ai/v1")]
    [InlineData("DEEPSEEK_API_KEY", "deepseek", "https://api.deepseek.com")]
    [InlineData("OPENROUTER_API_KEY", "openrouter", "https://openrouter.ai/api/v1")]
    [InlineData("PERPLEXITY_API_KEY", "perplexity", "https://api.perplexity.ai")]
    [InlineData("FIREWORKS_API_KEY", "fireworks", "https://api.fireworks.ai/inference/v1")]
    public void Each_provider_has_the_name_its_prices_have(string variable, string id, string baseUrl)
    {
        var row = Assert.Single(EnvironmentProviders.Read(new Dictionary<string, string> { [variable] = "secret" }).Rows);

        Assert.Equal((id, baseUrl, $"env:{variable}"), (row.Id, row.BaseUrl, row.ApiKeyRef));
        Assert.Contains(PriceTable.LoadEmbedded().Models, m => m.Provider == id);
    }

    [Theory]
    [InlineData("OPENAI", "http://localhost:9000/", "http://localhost:9000")]
    [InlineData("OPENAI", "http://localhost:9000/v1/", "http://localhost:9000/v1")]
    [InlineData("ANTHROPIC", "https://api.anthropic.com", "https://api.anthropic.com/v1")]
    [InlineData("ANTHROPIC", "https://api.anthropic.com/v1/", "https://api.anthropic.com/v1")]
    [InlineData("GROQ", "https://api.groq.com", "https://api.groq.com/openai/v1")]
    public void A_base_url_is_taken_as_the_providers_own_sdk_takes_it(string name, string given, string used)
    {
        var read = EnvironmentProviders.Read(new Dictionary<string, string> { [$"{name}_API_KEY"] = "secret", [$"{name}_BASE_URL"] = given });

        Assert.Equal(used, Assert.Single(read.Rows).BaseUrl);
    }

    [Theory]
    [InlineData("localhost:9000")]
    [InlineData("ftp://example.com")]
    [InlineData("https://user:hunter2@example.com/v1")]
    [InlineData("https://example.com/v1?x=1")]
    [InlineData("nonsense")]
    public void A_bad_base_url_is_one_line_naming_the_variable(string url)
    {
        var read = EnvironmentProviders.Read(new Dictionary<string, string> { ["OPENAI_API_KEY"] = "secret", ["OPENAI_BASE_URL"] = url });

        var error = Assert.Single(read.Errors);
        Assert.StartsWith("OPENAI_BASE_URL must", error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", error, StringComparison.Ordinal);
        Assert.Empty(read.Rows);
    }

    [Fact]
    public void Empty_counts_as_absent()
    {
        var read = EnvironmentProviders.Read(
            new Dictionary<string, string> { ["OPENAI_API_KEY"] = " ", ["GROQ_API_KEY"] = "k", ["GROQ_BASE_URL"] = "" });

        Assert.Equal("https://api.groq.com/openai/v1", Assert.Single(read.Rows).BaseUrl);
    }
}
