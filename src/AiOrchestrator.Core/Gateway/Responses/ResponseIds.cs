using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;

namespace AiOrchestrator.Core.Gateway.Responses;

/// <summary>
/// The names callers have for responses that lie at providers: <c>resp_</c>, and in base64url (RFC 4648 §5) the row of the provider, the provider's own name
/// and a seal over both and the key that asked. Nobody but the gateway can make one, so that nothing need be written down or looked up: a name of somebody
/// else's, or one that is made up, has the wrong seal. The same response always has the same name.
/// </summary>
internal sealed class ResponseIds(IDocumentStore documents, IdSource ids, TimeProvider time)
{
    private const string Prefix = "resp_";
    private const string Purpose = "responses";
    private const byte Version = 1;
    private const int HeadLength = 2, SealLength = 16, MaxProviderLength = 64;
    private const int MaxBytes = HeadLength + MaxProviderLength + StoredResponse.MaxUpstreamIdLength + SealLength;
    private const int MaxOwnerBytes = 512;

    private byte[]? _key;

    /// <summary>Reads the key of the seals, or makes it, once for all instances on a store.</summary>
    public async Task LoadAsync(CancellationToken cancellation) => _key = await SealSecrets.LoadAsync(documents, Purpose, ids, time, cancellation);

    /// <summary>The name of a response.</summary>
    /// <param name="caller">Who asked for it, with a key.</param>
    /// <param name="response">Where it lies.</param>
    public string Seal(Caller caller, StoredResponse response)
    {
        Span<byte> bytes = stackalloc byte[MaxBytes];
        bytes[0] = Version;
        bytes[1] = (byte)response.ProviderId.Length;
        var length = HeadLength + Encoding.ASCII.GetBytes(response.ProviderId, bytes[HeadLength..]);
        length += Encoding.ASCII.GetBytes(response.UpstreamId, bytes[length..]);
        SealOf(caller, bytes[..length], bytes.Slice(length, SealLength));
        return Prefix + Base64Url.EncodeToString(bytes[..(length + SealLength)]);
    }

    /// <summary>Finds out which response a name is for; false where the caller has none of that name.</summary>
    public bool TryOpen(Caller caller, string id, out StoredResponse response)
    {
        response = default;
        Span<byte> bytes = stackalloc byte[MaxBytes];
        if (!id.StartsWith(Prefix, StringComparison.Ordinal)
            || Base64Url.GetMaxDecodedLength(id.Length - Prefix.Length) > MaxBytes
            || !Base64Url.IsValid(id.AsSpan(Prefix.Length))
            || !Base64Url.TryDecodeFromChars(id.AsSpan(Prefix.Length), bytes, out var length)
            || length <= HeadLength + SealLength
            || bytes[0] != Version)
        {
            return false;
        }

        Span<byte> seal = stackalloc byte[SealLength];
        var said = bytes[..(length - SealLength)];
        SealOf(caller, said, seal);
        if (!CryptographicOperations.FixedTimeEquals(seal, bytes[said.Length..length]))
        {
            return false;
        }

        // Nothing is sealed but what was made above.
        var provider = said.Slice(HeadLength, said[1]);
        response = new StoredResponse(Encoding.ASCII.GetString(provider), Encoding.ASCII.GetString(said[(HeadLength + provider.Length)..]));
        return true;
    }

    /// <summary>HMAC-SHA-256 over the owner and what is said, half of it (RFC 2104 §5). Ids hold no zero byte, which stands between them.</summary>
    private void SealOf(Caller caller, ReadOnlySpan<byte> said, Span<byte> seal)
    {
        Span<byte> text = stackalloc byte[MaxOwnerBytes + MaxBytes];
        var length = Encoding.UTF8.GetBytes(caller.OrganisationId, text);
        text[length++] = 0;
        length += Encoding.UTF8.GetBytes(caller.Key!.Id, text[length..]);
        text[length++] = 0;
        said.CopyTo(text[length..]);
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key ?? throw new InvalidOperationException("the key of the seals is not loaded"), text[..(length + said.Length)], whole);
        whole[..SealLength].CopyTo(seal);
    }
}

/// <summary>The written form.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ResponseInputList))]
[JsonSerializable(typeof(ResponseDeleted))]
internal sealed partial class ResponsesJson : JsonSerializerContext;
