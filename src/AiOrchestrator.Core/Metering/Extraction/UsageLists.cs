using System.Text.Json;

namespace AiOrchestrator.Core.Metering.Extraction;

/// <summary>Reads the lists within usage objects: tokens by modality, by the time they are cached for, by pass over the prompt.</summary>
internal static class UsageLists
{
    /// <summary>What one item of a list says.</summary>
    private ref struct Item
    {
        public ReadOnlySpan<byte> Kind;
        public long Prompt;
        public long Completion;
        public long CacheRead;
        public long CacheWrite;
        public long CacheWrite1h;
    }

    /// <summary>Reads a list anew: an earlier event's is replaced.</summary>
    /// <param name="reader">On the start of the array; afterwards on its end.</param>
    /// <param name="list">What it means.</param>
    /// <param name="counts">Where its counts go.</param>
    public static void Read(ref Utf8JsonReader reader, UsageList list, ref UsageCounts counts)
    {
        foreach (var field in Fields(list))
        {
            counts.Clear(field);
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                counts.Flag(UsageAnomaly.Malformed);
                reader.Skip();
                continue;
            }

            var item = default(Item);
            ReadItem(ref reader, ref item, ref counts);
            Take(list, item, ref counts);
        }
    }

    // What tools read is added to what the prompt held, so theirs are not cleared: the prompt's list stands before them.
    private static ReadOnlySpan<UsageField> Fields(UsageList list) => list switch
    {
        UsageList.PromptModalities => [UsageField.AudioPrompt, UsageField.ImagePrompt, UsageField.VideoPrompt],
        UsageList.CompletionModalities => [UsageField.AudioCompletion, UsageField.ImageCompletion, UsageField.VideoCompletion],
        UsageList.CacheModalities => [UsageField.CachedAudio, UsageField.CachedImage],
        UsageList.CacheTimes => [UsageField.CacheWrite1h],
        UsageList.Iterations =>
            [UsageField.SidePrompt, UsageField.SideCompletion, UsageField.SideCacheRead, UsageField.SideCacheWrite, UsageField.SideCacheWrite1h],
        _ => [],
    };

    private static void ReadItem(ref Utf8JsonReader reader, ref Item item, ref UsageCounts counts)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("modality"u8) || reader.ValueTextEquals("ttl"u8) || reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                item.Kind = reader.TokenType == JsonTokenType.String ? reader.ValueSpan : default;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("tokenCount"u8) || reader.ValueTextEquals("inputTokens"u8) || reader.ValueTextEquals("input_tokens"u8))
            {
                item.Prompt = Number(ref reader, ref counts);
            }
            else if (reader.ValueTextEquals("output_tokens"u8))
            {
                item.Completion = Number(ref reader, ref counts);
            }
            else if (reader.ValueTextEquals("cache_read_input_tokens"u8))
            {
                item.CacheRead = Number(ref reader, ref counts);
            }
            else if (reader.ValueTextEquals("cache_creation_input_tokens"u8))
            {
                item.CacheWrite = Number(ref reader, ref counts);
            }
            else if (reader.ValueTextEquals("cache_creation"u8))
            {
                reader.Read();
                item.CacheWrite1h = Hour(ref reader, ref counts);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    private static long Hour(ref Utf8JsonReader reader, ref UsageCounts counts)
    {
        var hour = 0L;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return hour;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("ephemeral_1h_input_tokens"u8))
            {
                hour = Number(ref reader, ref counts);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return hour;
    }

    private static long Number(ref Utf8JsonReader reader, ref UsageCounts counts)
    {
        reader.Read();
        return counts.TryRead(ref reader, out var value) ? value : 0;
    }

    private static void Take(UsageList list, in Item item, ref UsageCounts counts)
    {
        switch (list)
        {
            case UsageList.PromptModalities or UsageList.ToolModalities:
                Modality(item, UsageField.AudioPrompt, UsageField.ImagePrompt, UsageField.VideoPrompt, ref counts);
                break;
            case UsageList.CompletionModalities:
                Modality(item, UsageField.AudioCompletion, UsageField.ImageCompletion, UsageField.VideoCompletion, ref counts);
                break;
            case UsageList.CacheModalities:
                Modality(item, UsageField.CachedAudio, UsageField.CachedImage, null, ref counts);
                break;
            case UsageList.CacheTimes when item.Kind.SequenceEqual("1h"u8):
                counts.Add(UsageField.CacheWrite1h, item.Prompt);
                break;
            case UsageList.Iterations when !item.Kind.SequenceEqual("message"u8) && !item.Kind.SequenceEqual("fallback_message"u8):
                counts.Add(UsageField.SidePrompt, item.Prompt);
                counts.Add(UsageField.SideCompletion, item.Completion);
                counts.Add(UsageField.SideCacheRead, item.CacheRead);
                counts.Add(UsageField.SideCacheWrite, item.CacheWrite);
                counts.Add(UsageField.SideCacheWrite1h, item.CacheWrite1h);
                break;
            default:
                break;
        }
    }

    // A document is billed as the pictures of its pages.
    private static void Modality(in Item item, UsageField audio, UsageField image, UsageField? video, ref UsageCounts counts)
    {
        if (item.Kind.SequenceEqual("AUDIO"u8))
        {
            counts.Add(audio, item.Prompt);
        }
        else if (item.Kind.SequenceEqual("IMAGE"u8) || item.Kind.SequenceEqual("DOCUMENT"u8))
        {
            counts.Add(image, item.Prompt);
        }
        else if (video is { } field && item.Kind.SequenceEqual("VIDEO"u8))
        {
            counts.Add(field, item.Prompt);
        }
    }
}
