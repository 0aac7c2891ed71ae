using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using AiOrchestrator.Ledger.Wallets;

namespace AiOrchestrator.Core.Wallets.Entities;

/// <summary>The one written form of messages to wallets and of their states. The types can be written by reflection as well: the forms read each other.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.Unspecified,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    GenerationMode = JsonSourceGenerationMode.Default)]
[JsonSerializable(typeof(WalletMessage))]
[JsonSerializable(typeof(WalletEntityState))]
public sealed partial class WalletEntityJson : JsonSerializerContext
{
    /// <summary>Writes a message.</summary>
    public static string Write(WalletMessage message) => JsonSerializer.Serialize(message, Default.WalletMessage);

    /// <summary>Writes a state.</summary>
    public static string Write(WalletEntityState state) => JsonSerializer.Serialize(state, Default.WalletEntityState);

    /// <summary>Reads a message; unknown members are ignored.</summary>
    public static WalletMessage ReadMessage(string json) => JsonSerializer.Deserialize(json, Default.WalletMessage)
        ?? throw new JsonException("a message is never null");

    /// <summary>Reads a state; unknown members are ignored.</summary>
    public static WalletEntityState ReadState(string json) => JsonSerializer.Deserialize(json, Default.WalletEntityState)
        ?? throw new JsonException("a state is never null");
}

/// <summary>An id as hex digits: as a number it is too long for many readers.</summary>
internal sealed class HexJson : JsonConverter<UInt128>
{
    public override UInt128 Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        UInt128.TryParse(reader.GetString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id)
            ? id
            : throw new JsonException("an id is hex digits");

    public override void Write(Utf8JsonWriter writer, UInt128 value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString("x", CultureInfo.InvariantCulture));
}

/// <summary>Something that has an image, as the image in base 64.</summary>
internal abstract class ImageJson<T> : JsonConverter<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            var image = new ImageReader(reader.GetBytesFromBase64());
            return Load(ref image);
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or FormatException)
        {
            throw new JsonException("an image is broken off or not base 64", e);
        }
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        var image = new ImageWriter();
        Save(image, value);
        writer.WriteBase64StringValue(image.Written.Span);
    }

    protected abstract T Load(ref ImageReader image);

    protected abstract void Save(ImageWriter image, T value);
}

/// <summary>A command as its image.</summary>
internal sealed class CommandJson : ImageJson<WalletCommand>
{
    protected override WalletCommand Load(ref ImageReader image) =>
        WalletCommandImage.Load(ref image) ?? throw new JsonException("a command of a kind that is not known");

    protected override void Save(ImageWriter image, WalletCommand value) => WalletCommandImage.Save(image, value);
}

/// <summary>A report as an image: its members in order.</summary>
internal sealed class ReportJson : ImageJson<LeaseReport>
{
    protected override LeaseReport Load(ref ImageReader image) => new(
        image.UInt128(), image.Int64(), image.Int64(), image.Int64(), image.Int64(), image.Int64(), image.Int64(), image.Int64(), image.Flag())
    {
        PeriodNumber = image.Int32(),
        ShadowRefusedCalls = image.Int64(),
    };

    protected override void Save(ImageWriter image, LeaseReport value)
    {
        image.UInt128(value.LeaseId);
        image.Int64(value.Seq);
        image.Int64(value.SentAtUnixMs);
        image.Int64(value.SpentCumulativeNanoUsd);
        image.Int64(value.HeldNanoUsd);
        image.Int64(value.KeepNanoUsd);
        image.Int64(value.TargetNanoUsd);
        image.Int64(value.NeedNanoUsd);
        image.Flag(value.Closing);
        image.Int32(value.PeriodNumber);
        image.Int64(value.ShadowRefusedCalls);
    }
}
