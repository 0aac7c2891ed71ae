using System.Text;

namespace AiOrchestrator.MockUpstream;

/// <summary>The mock's token rule, the same for every test that foretells a count.</summary>
public static class MockTokens
{
    public const int PerMessage = 4;
    public const int PerRequest = 3;

    /// <summary>A quarter of the UTF-8 bytes of all text of one message, rounded up, and 4.</summary>
    public static int Message(int textBytes) => PerMessage + Text(textBytes);

    public static int Text(int bytes) => (bytes + 3) / 4;

    /// <summary>Prompt tokens of messages with these texts.</summary>
    public static int Prompt(params ReadOnlySpan<string> texts)
    {
        var total = PerRequest;
        foreach (var text in texts) total += Message(Encoding.UTF8.GetByteCount(text));
        return total;
    }
}
