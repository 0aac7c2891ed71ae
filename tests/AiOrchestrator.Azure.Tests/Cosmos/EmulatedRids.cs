using System.Buffers.Binary;

namespace AiOrchestrator.Azure.Tests.Cosmos;

/// <summary>Resource ids as the SDK takes them apart: 4 bytes a database, 8 a container, 16 an item, in base64 with <c>-</c> for <c>/</c>.</summary>
internal static class EmulatedRids
{
    private const int DatabaseNumber = 0x41000000;

    /// <summary>Tells a container from a user, in the first byte of its part.</summary>
    private const byte ContainerBit = 0x80;

    public static string Database { get; } = Text(Bytes(container: 0, item: 0)[..4]);

    public static string Container(int number) => Text(Bytes(number, item: 0)[..8]);

    public static string Item(long number) => Text(Bytes(container: 1, number));

    private static byte[] Bytes(int container, long item)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteInt32BigEndian(bytes, DatabaseNumber);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), container);
        bytes[4] |= ContainerBit;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), item);
        return bytes;
    }

    private static string Text(byte[] bytes) => Convert.ToBase64String(bytes).Replace('/', '-');
}
