using AiOrchestrator.Core.Metering.Tokenizing;

namespace AiOrchestrator.Core.Metering.Counting;

/// <summary>Which family a model is of. Whoever resells a model keeps its vendor's name in the id, so the id decides, and the provider where it does not.</summary>
public static class ModelFamilies
{
    private static readonly ModelFamily OpenAi = new("openai", Tokenizer.O200k)
    {
        IsExact = true,
        Bound = CountBound.Count,
        TokensPerMessage = 3,
        TokensPerRequest = 3,
        CountsRoles = true,
        RendersTools = true,
        SlackPerRequest = 8,
        AudioTokensPerTenSeconds = 100,
    };

    private static readonly ModelFamily Cl100k = OpenAi with { Tokenizer = Tokenizer.Cl100k, Images = ImageRule.Tiles(85, 170) };

    // Vocabularies of their own, p50k_base and r50k_base.
    private static readonly ModelFamily Gpt3 = new("gpt3", Tokenizer.Cl100k) { FactorPermille = 1150, StatedErrorPercent = 40 };

    // The preamble is what the published template says of date, reasoning and channels; hosts word it alike.
    private static readonly ModelFamily Harmony = OpenAi with
    {
        Name = "harmony",
        Tokenizer = Tokenizer.O200kHarmony,
        TokensPerRequest = 66,
        SlackPerRequest = 128,
        AudioTokensPerTenSeconds = 0,
    };

    private static readonly ModelFamily Anthropic = new("anthropic", Tokenizer.O200k)
    {
        FactorPermille = 1220,
        StatedErrorPercent = 30,
        TokensForTools = 346,
        Images = ImageRule.Area(1600),
    };

    // The tokenizer since Opus 4.7 makes up to 1.35 times as many tokens of a text, and images are seen larger.
    private static readonly ModelFamily Anthropic47 = Anthropic with { FactorPermille = 1460, StatedErrorPercent = 35, Images = ImageRule.Area(4784) };

    private static readonly ModelFamily Gemini = new("gemini", Tokenizer.O200k)
    {
        FactorPermille = 1080,
        StatedErrorPercent = 25,
        TokensPerMessage = 0,
        TokensPerRequest = 1,
        Images = ImageRule.Crops(258),
        AudioTokensPerTenSeconds = 320,
    };

    private static readonly ModelFamily Cohere = new("cohere", Tokenizer.O200k) { FactorPermille = 1100, StatedErrorPercent = 30 };
    private static readonly ModelFamily Mistral = new("mistral", Tokenizer.O200k) { FactorPermille = 1080, StatedErrorPercent = 25, TokensPerMessage = 2, TokensPerRequest = 1 };

    // Its vocabulary is cl100k_base and 28,000 merges more, which come after those and so can only shorten what those leave.
    private static readonly ModelFamily Llama3 = new("llama3", Tokenizer.Cl100k)
    {
        StatedErrorPercent = 30,
        Bound = CountBound.Count,
        TokensPerMessage = 5,
        TokensPerRequest = 30,
        SlackPerRequest = 64,
    };

    private static readonly ModelFamily Llama = new("llama", Tokenizer.O200k) { FactorPermille = 1080, StatedErrorPercent = 40, TokensPerMessage = 5, TokensPerRequest = 5 };
    private static readonly ModelFamily DeepSeek = new("deepseek", Tokenizer.O200k) { StatedErrorPercent = 15, TokensPerMessage = 1 };
    private static readonly ModelFamily Qwen = new("qwen", Tokenizer.O200k) { FactorPermille = 1060, StatedErrorPercent = 15 };
    private static readonly ModelFamily Other = new("other", Tokenizer.O200k) { FactorPermille = 1100, StatedErrorPercent = 40 };

    // The first whose text is in the id; longer and special ones stand before what they contain.
    private static readonly (string Part, ModelFamily Family)[] ByModel =
    [
        ("gpt-oss", Harmony),
        ("gpt-4o-mini", OpenAi with { Images = ImageRule.Tiles(2833, 5667) }),
        ("gpt-4o", OpenAi with { Images = ImageRule.Tiles(85, 170) }),
        ("gpt-4.1-mini", OpenAi with { Images = ImageRule.Patches(1620) }),
        ("gpt-4.1-nano", OpenAi with { Images = ImageRule.Patches(2460) }),
        ("gpt-4.1", OpenAi with { Images = ImageRule.Tiles(85, 170) }),
        ("gpt-4.5", OpenAi with { Images = ImageRule.Tiles(85, 170) }),
        ("gpt-4", Cl100k),
        ("gpt-35", Cl100k),
        ("gpt-3.5", Cl100k),
        ("text-embedding-", Cl100k),
        ("davinci", Gpt3),
        ("babbage", Gpt3),
        ("curie", Gpt3),
        ("gpt-5-mini", OpenAi with { Images = ImageRule.Patches(1620) }),
        ("gpt-5-nano", OpenAi with { Images = ImageRule.Patches(2460) }),
        ("gpt-5.1-codex-mini", OpenAi with { Images = ImageRule.Patches(1620) }),
        ("gpt-5.1", OpenAi with { Images = ImageRule.Tiles(70, 140) }),
        ("gpt-5.", OpenAi with { Images = ImageRule.Patches(1200) }),
        ("gpt-5", OpenAi with { Images = ImageRule.Tiles(70, 140) }),
        ("gpt-audio", OpenAi),
        ("gpt-realtime", OpenAi),
        ("gpt-image", OpenAi),
        ("codex-", OpenAi),
        ("computer-use", OpenAi with { Images = ImageRule.Tiles(65, 129) }),
        ("claude-opus-4-7", Anthropic47),
        ("claude-opus-4-8", Anthropic47),
        ("claude-opus-5", Anthropic47),
        ("claude-sonnet-5", Anthropic47),
        ("claude", Anthropic),
        ("gemini", Gemini),
        ("gemma", Gemini with { Name = "gemma", Images = null, AudioTokensPerTenSeconds = 0, TokensPerMessage = 5, TokensPerRequest = 4 }),
        ("command-", Cohere),
        ("embed-", Cohere),
        ("llama-3", Llama3),
        ("llama-v3", Llama3),
        ("llama3", Llama3),
        ("llama", Llama),
        ("mistral", Mistral),
        ("mixtral", Mistral),
        ("ministral", Mistral),
        ("codestral", Mistral),
        ("devstral", Mistral),
        ("magistral", Mistral),
        ("pixtral", Mistral),
        ("deepseek", DeepSeek),
        ("qwen", Qwen),
        ("qwq", Qwen),
    ];

    private static readonly (string Provider, ModelFamily Family)[] ByProvider =
    [
        ("openai", OpenAi), ("echo", OpenAi with { Name = "echo" }), ("anthropic", Anthropic), ("google", Gemini), ("cohere", Cohere), ("mistral", Mistral), ("deepseek", DeepSeek),
    ];

    private static readonly ModelFamily Reasoning = OpenAi with { Images = ImageRule.Tiles(75, 150) };
    private static readonly ModelFamily SmallReasoning = OpenAi with { Images = ImageRule.Patches(1720) };

    /// <summary>The family of a model; never null: what nobody knows is counted by the rule for others.</summary>
    /// <param name="provider">Whose price it has, lower case.</param>
    /// <param name="modelId">Its id as the provider spells it.</param>
    public static ModelFamily Of(string provider, string modelId)
    {
        ArgumentNullException.ThrowIfNull(modelId);
        if (OfReasoning(modelId) is { } reasoning)
        {
            return reasoning;
        }

        foreach (var (part, family) in ByModel)
        {
            if (modelId.Contains(part, StringComparison.OrdinalIgnoreCase))
            {
                return family;
            }
        }

        foreach (var (name, family) in ByProvider)
        {
            if (string.Equals(provider, name, StringComparison.Ordinal))
            {
                return family;
            }
        }

        return Other;
    }

    /// <summary>o1, o3, o4 and what follows: short names, so they must stand at the beginning or behind a reseller's slash.</summary>
    private static ModelFamily? OfReasoning(string modelId)
    {
        var name = modelId.AsSpan(modelId.LastIndexOf('/') + 1);
        if (name.Length < 2 || name[0] is not ('o' or 'O') || !char.IsAsciiDigit(name[1]) || (name.Length > 2 && name[2] != '-'))
        {
            return null;
        }

        return name.StartsWith("o4-mini", StringComparison.OrdinalIgnoreCase) ? SmallReasoning : Reasoning;
    }
}
