using System.Text.Json;
using AiOrchestrator.Core.Metering.Counting;

namespace AiOrchestrator.Core.Providers.OpenAi;

/// <summary>Counts prompts that are no conversation: texts, token ids, and of moderations texts and images.</summary>
internal static class OpenAiInputCounter
{
    /// <summary>Counts all of it.</summary>
    /// <param name="meter">Takes it.</param>
    /// <param name="json">The value, of which <see cref="OpenAiPromptReader"/> or <see cref="OpenAiPlainReader"/> has checked the outline.</param>
    /// <param name="hasParts">Whether objects in it are texts and images.</param>
    public static void Count(PromptMeter meter, ReadOnlySpan<byte> json, bool hasParts)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = OpenAiRequestReader.MaxDepth });
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject when hasParts:
                    Part(meter, ref reader);
                    break;
                case JsonTokenType.String:
                    meter.Text(reader.ValueSpan);
                    break;
                case JsonTokenType.Number:
                    meter.Shape.TextTokens++;
                    meter.Shape.TextBytes++;
                    break;
            }
        }
    }

    private static void Part(PromptMeter meter, ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            var isText = reader.ValueTextEquals("text"u8);
            var isUrl = reader.ValueTextEquals("url"u8) || reader.ValueTextEquals("image_url"u8);
            reader.Read();
            if (isText && reader.TokenType == JsonTokenType.String)
            {
                meter.Text(reader.ValueSpan);
            }
            else if (isUrl && reader.TokenType == JsonTokenType.String)
            {
                meter.Image(reader.ValueSpan, ImageDetail.Auto);
            }
        }
    }
}
