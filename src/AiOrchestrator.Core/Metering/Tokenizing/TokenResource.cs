namespace AiOrchestrator.Core.Metering.Tokenizing;

/// <summary>The resources beside this file, which <c>eng/vocabulary</c> builds.</summary>
internal static class TokenResource
{
    /// <summary>All bytes of one.</summary>
    public static byte[] Read(string name)
    {
        using var stream = typeof(TokenResource).Assembly.GetManifestResourceStream(typeof(TokenResource), name)
            ?? throw new InvalidOperationException($"The assembly has no resource {name}.");
        var bytes = GC.AllocateUninitializedArray<byte>(checked((int)stream.Length));
        stream.ReadExactly(bytes);
        return bytes;
    }
}
