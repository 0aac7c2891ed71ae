namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>A piece of a body: where a value stands.</summary>
/// <param name="Start">Offset of its first byte.</param>
/// <param name="Length">Bytes; 0 where the member is absent.</param>
public readonly record struct ByteRange(int Start, int Length)
{
    /// <summary>Whether the member is there.</summary>
    public bool IsPresent => Length > 0;

    /// <summary>Offset behind its last byte.</summary>
    public int End => Start + Length;
}

/// <summary>What a call for images, sound or video asks for, as far as its price depends on it.</summary>
public sealed class MediaFacts
{
    /// <summary>The size of an image or a video as the caller wrote it; null where not given.</summary>
    public string? Size { get; internal set; }

    /// <summary>The quality of an image, likewise.</summary>
    public string? Quality { get; internal set; }

    /// <summary>Unfinished images a stream shows before the finished one; 0 to 3.</summary>
    public int PartialImages { get; internal set; }

    /// <summary>Characters (code points) of the text to be spoken.</summary>
    public long Characters { get; internal set; }

    /// <summary>How fast it is to be spoken; 0.25 to 4.</summary>
    public double Speed { get; internal set; } = 1;

    /// <summary>The <c>response_format</c>; null where not given.</summary>
    public string? Format { get; internal set; }

    /// <summary>How long a video is to be; whole seconds, null where not given.</summary>
    public int? Seconds { get; internal set; }

    /// <summary>Where the text of a body in JSON stands, quotes included.</summary>
    public ByteRange Text { get; internal set; }

    /// <summary>Where in the form the file stands.</summary>
    public ByteRange File { get; internal set; }

    /// <summary>Whether a transcript is asked for as bare text, which reports no usage.</summary>
    public bool IsText => Format is "text" or "srt" or "vtt";
}

/// <summary>What the gateway needs to know of a request, and where in the body it stands. The body itself is never modelled.</summary>
public sealed class RequestFacts
{
    /// <summary>The model the caller named.</summary>
    public string Model { get; internal set; } = "";

    /// <summary>Where it stands, quotes included; absent where the model is not named in the body.</summary>
    public ByteRange ModelRange { get; internal set; }

    /// <summary>Whether an event stream is asked for.</summary>
    public bool Stream { get; internal set; }

    /// <summary>The value of <c>stream_options</c>.</summary>
    public ByteRange StreamOptionsRange { get; internal set; }

    /// <summary>Whether that value is an object without members, null, or one with members.</summary>
    public bool StreamOptionsIsObject { get; internal set; }

    /// <summary>Whether the object is empty.</summary>
    public bool StreamOptionsIsEmpty { get; internal set; }

    /// <summary>The value of <c>stream_options.include_usage</c>.</summary>
    public ByteRange IncludeUsageRange { get; internal set; }

    /// <summary>Whether the caller asked for the usage chunk.</summary>
    public bool IncludeUsage { get; internal set; }

    /// <summary>The value of <c>max_tokens</c>; null literals are present with no <see cref="MaxTokens"/>.</summary>
    public ByteRange MaxTokensRange { get; internal set; }

    /// <summary>1 or more, of completions 0, or null.</summary>
    public long? MaxTokens { get; internal set; }

    /// <summary>Whether <see cref="MaxTokens"/> is what the API takes where the caller says nothing; then it is written down for servers that take another.</summary>
    public bool MaxTokensIsUsual { get; internal set; }

    /// <summary>The value of <c>max_completion_tokens</c>.</summary>
    public ByteRange MaxCompletionTokensRange { get; internal set; }

    /// <summary>1 or more, or null.</summary>
    public long? MaxCompletionTokens { get; internal set; }

    /// <summary>Where new members go: the offset of the body's closing brace.</summary>
    public int EndOffset { get; internal set; }

    /// <summary>Choices asked for, 1 to 128; of completions all that are made, for each of the prompts.</summary>
    public int Choices { get; internal set; } = 1;

    /// <summary>Choices asked for each prompt of completions; 1 to 128.</summary>
    public int ChoicesPerPrompt { get; internal set; } = 1;

    /// <summary>Choices made for each prompt, of which the best are told; 0 where nothing is said.</summary>
    public int BestOf { get; internal set; }

    /// <summary>Whether each choice begins with its prompt.</summary>
    public bool Echoes { get; internal set; }

    /// <summary>Messages, inputs of an embeddings call, prompts, or documents.</summary>
    public int Messages { get; internal set; }

    /// <summary>The value of <c>messages</c>, <c>input</c>, <c>prompt</c> or <c>documents</c>.</summary>
    public ByteRange PromptRange { get; internal set; }

    /// <summary>The value of <c>query</c>, which documents are ordered by.</summary>
    public ByteRange QueryRange { get; internal set; }

    /// <summary>The array of <c>tools</c>.</summary>
    public ByteRange ToolsRange { get; internal set; }

    /// <summary>The array of <c>functions</c>, which tools replaced.</summary>
    public ByteRange FunctionsRange { get; internal set; }

    /// <summary>The value of <c>tool_choice</c>, or of <c>function_call</c>.</summary>
    public ByteRange ToolChoiceRange { get; internal set; }

    /// <summary>The value of <c>response_format</c>.</summary>
    public ByteRange ResponseFormatRange { get; internal set; }

    /// <summary>The value of Anthropic's <c>system</c>, or of the <c>instructions</c> of responses.</summary>
    public ByteRange SystemRange { get; internal set; }

    /// <summary>The array of <c>modalities</c>.</summary>
    public ByteRange ModalitiesRange { get; internal set; }

    /// <summary>The value of the <c>text</c> of responses, or of Anthropic's <c>output_format</c> or <c>output_config</c>.</summary>
    public ByteRange OutputFormatRange { get; internal set; }

    /// <summary>Bytes of members nobody here knows: the model may be shown them.</summary>
    public long OtherBytes { get; internal set; }

    /// <summary>Image parts.</summary>
    public int Images { get; internal set; }

    /// <summary>Tools offered.</summary>
    public int Tools { get; internal set; }

    /// <summary>Bytes of the text of a call for images or sound.</summary>
    public long TextBytes { get; internal set; }

    /// <summary>What a call for images or sound asks for.</summary>
    public MediaFacts Media { get; } = new();

    /// <summary>Whether the body is a form: then <see cref="ModelRange"/> is bare text, without quotes.</summary>
    public bool IsForm { get; internal set; }

    /// <summary>The boundary of the form, without the dashes before it.</summary>
    public string? Boundary { get; internal set; }

    /// <summary>The service tier as it is asked for; null where nothing is said.</summary>
    public string? ServiceTier { get; internal set; }

    /// <summary>Whether the request asks for searches of the web.</summary>
    public bool SearchesWeb { get; internal set; }

    /// <summary>The response the caller goes on with, by the caller's name for it: what it holds nobody here sees. Null where there is none.</summary>
    public string? PreviousResponseId { get; internal set; }

    /// <summary>Where that name stands, quotes included.</summary>
    public ByteRange PreviousResponseRange { get; internal set; }

    /// <summary>The provider's name for it, quotes included; empty where it stays as it is.</summary>
    public ReadOnlyMemory<byte> PreviousUpstreamJson { get; internal set; }

    /// <summary>Tokens of the output that the model may think with, as the caller says; 0 where nothing is said.</summary>
    public long ThinkingTokens { get; internal set; }

    /// <summary>The <c>user</c> member, or <c>metadata.user_id</c>; at most 128 characters.</summary>
    public string? EndUser { get; internal set; }

    /// <summary>Keeps where a member stands that is looked at later.</summary>
    internal void Keep(string member, ByteRange range)
    {
        switch (member)
        {
            case "response_format":
                ResponseFormatRange = range;
                break;
            case "modalities":
                ModalitiesRange = range;
                break;
            default:
                ToolChoiceRange = range;
                break;
        }
    }

    /// <summary>The same facts, to be changed by themselves.</summary>
    internal RequestFacts Copy() => (RequestFacts)MemberwiseClone();

    /// <summary>The larger of the two output bounds the caller set, or null.</summary>
    public long? RequestedOutputTokens =>
        MaxTokens is null ? MaxCompletionTokens : Math.Max(MaxTokens.Value, MaxCompletionTokens ?? 0);
}
