using System.Text.Json;

namespace AiOrchestrator.Core.Metering.Extraction;

/// <summary>
/// Reads usage objects out of answers and events of streams, member by member as <see cref="UsageTables"/> says, without a document. Names
/// that are not read are skipped; nothing here throws at what a provider sends, well-formed JSON given.
/// </summary>
internal static class UsageReader
{
    /// <summary>Reads one usage object on top of what earlier events said.</summary>
    /// <param name="reader">On the first token of the value; afterwards on its last.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="counts">What is known, and what this adds.</param>
    /// <returns>False where the value is null: no usage yet.</returns>
    public static bool Read(ref Utf8JsonReader reader, UsageFormat format, ref UsageCounts counts)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return false;
            case JsonTokenType.StartObject:
                ReadObject(ref reader, UsageTables.Of(format), ref counts);
                return true;
            default:
                counts.Flag(UsageAnomaly.Malformed);
                reader.Skip();
                return true;
        }
    }

    /// <summary>Finds the usage object of a whole answer or of one event, wherever its format puts it, and reads it.</summary>
    /// <param name="json">One JSON object.</param>
    /// <param name="format">How it is written.</param>
    /// <param name="counts">What is known, and what this adds.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static bool ReadAnswer(ReadOnlySpan<byte> json, UsageFormat format, ref UsageCounts counts)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 512 });
        return reader.Read() && reader.TokenType == JsonTokenType.StartObject && Find(ref reader, format, ref counts, isTop: true);
    }

    private static bool Find(ref Utf8JsonReader reader, UsageFormat format, ref UsageCounts counts, bool isTop)
    {
        var found = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isUsage = IsUsage(ref reader, format);
            var isWrapper = isTop && IsWrapper(ref reader);
            reader.Read();
            if (isUsage)
            {
                found |= Read(ref reader, format, ref counts);
            }
            else if (isWrapper && reader.TokenType == JsonTokenType.StartObject)
            {
                found |= Find(ref reader, format, ref counts, isTop: false);
            }
            else
            {
                reader.Skip();
            }
        }

        return found;
    }

    private static bool IsUsage(ref Utf8JsonReader reader, UsageFormat format) => format switch
    {
        UsageFormat.Gemini => reader.ValueTextEquals("usageMetadata"u8),
        UsageFormat.MistralOcr => reader.ValueTextEquals("usage_info"u8),
        UsageFormat.Cohere => reader.ValueTextEquals("usage"u8) || reader.ValueTextEquals("meta"u8),
        _ => reader.ValueTextEquals("usage"u8),
    };

    /// <summary>Anthropic's message_start, the terminal events of responses, Groq's streams, Bedrock's metadata, Cohere's message-end.</summary>
    private static bool IsWrapper(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("message"u8)
        || reader.ValueTextEquals("response"u8)
        || reader.ValueTextEquals("x_groq"u8)
        || reader.ValueTextEquals("metadata"u8)
        || reader.ValueTextEquals("delta"u8);

    private static void ReadObject(ref Utf8JsonReader reader, UsageMembers members, ref UsageCounts counts)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var count = members.Count(reader.ValueSpan);
            var branch = count is null ? members.Branch(reader.ValueSpan) : null;
            reader.Read();
            if (count is not null)
            {
                if (counts.TryRead(ref reader, out var value, count.Scale))
                {
                    counts.Set(count.Field, value);
                }
            }
            else if (branch is null || reader.TokenType == JsonTokenType.Null)
            {
                reader.Skip();
            }
            else
            {
                ReadBranch(ref reader, branch, ref counts);
            }
        }
    }

    private static void ReadBranch(ref Utf8JsonReader reader, UsageBranch branch, ref UsageCounts counts)
    {
        if (branch.Members is { } inner && reader.TokenType == JsonTokenType.StartObject)
        {
            ReadObject(ref reader, inner, ref counts);
        }
        else if (branch.Members is null && reader.TokenType == JsonTokenType.StartArray)
        {
            UsageLists.Read(ref reader, branch.List, ref counts);
        }
        else
        {
            counts.Flag(UsageAnomaly.Malformed);
            reader.Skip();
        }
    }
}
