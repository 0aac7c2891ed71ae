using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Providers;
using AiOrchestrator.Core.Providers.OpenAi;

namespace AiOrchestrator.Core.Caching.Requests;

/// <summary>
/// What of a request determines its answer, whatever order its members have and however its texts are escaped, as a digest: without the model, which is decided
/// elsewhere, and without what only says how the answer is told or who asks. Beside it what rules look at, and the question that stands last.
/// </summary>
internal sealed class CanonicalRequest
{
    /// <summary>The version of the digest: what it is made of is stored.</summary>
    private const byte Version = 1;

    private readonly byte[] _context;

    private CanonicalRequest(byte[] context, byte[]? question, in CanonicalFacts facts)
    {
        _context = context;
        Facts = facts;
        QuestionUtf8 = question;
    }

    /// <summary>What rules look at.</summary>
    public CanonicalFacts Facts { get; }

    /// <summary>The user's last turn, where that is one text; else null: then only the same request is the same question.</summary>
    public byte[]? QuestionUtf8 { get; }

    /// <summary>Reads a body that parsing has found sound; null where it holds half a surrogate pair, which is no text.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="call">Which call it is for.</param>
    /// <param name="request">What parsing found.</param>
    /// <param name="model">The model that is to answer as a conversation; null where it completes texts.</param>
    public static CanonicalRequest? Read(ReadOnlyMemory<byte> body, ModelCall call, RequestFacts request, ServedModel? model)
    {
        try
        {
            var own = Write(body.Span, call, request, facts: null);
            return model is null || own.Facts.Refusal != CacheRefusal.None || AsChat.Write(body, call, request, model) is not { } chat ? own
                : Write(chat.Body, ModelCall.ChatCompletions, chat.Facts, own.Facts);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // Safe: a text that is none is nobody's question; the call goes on without the cache.
            return null;
        }
    }

    private static CanonicalRequest Write(ReadOnlySpan<byte> body, ModelCall call, RequestFacts request, CanonicalFacts? facts)
    {
        var writer = new CanonicalWriter(body, call, QuestionFinder.Find(body, call, request));
        try
        {
            writer.Write();
            Span<byte> begin = [Version, (byte)call];
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(begin);
            hash.AppendData(writer.Written);
            return new CanonicalRequest(hash.GetHashAndReset(), writer.Question, facts ?? writer.Facts);
        }
        finally
        {
            writer.Dispose();
        }
    }

    /// <summary>The key of the request's answer by a model: 64 hexadecimal digits.</summary>
    /// <param name="terms">What else determines it.</param>
    public string Key(in CacheTerms terms) => Digest(terms, QuestionUtf8 ?? []);

    /// <summary>The same of all but the question: requests with the same one differ in nothing else.</summary>
    /// <param name="terms">What else determines the answer.</param>
    public string Context(in CacheTerms terms) => Digest(terms, default);

    private string Digest(in CacheTerms terms, ReadOnlySpan<byte> question)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_context);
        Append(hash, terms.Model);
        Append(hash, terms.UpstreamModel);
        Append(hash, terms.Headers);
        Append(hash, terms.Versions);
        hash.AppendData(question);
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        return Convert.ToHexStringLower(digest);
    }

    private static void Append(IncrementalHash hash, string text)
    {
        hash.AppendData(Encoding.UTF8.GetBytes(text));
        hash.AppendData([0]);
    }
}

/// <summary>What determines an answer beside the request's body. Texts hold no zero character.</summary>
/// <param name="Model">The model that is to answer, as the route names it.</param>
/// <param name="UpstreamModel">The same as its provider names it.</param>
/// <param name="Headers">What the provider is told in headers that the caller sent.</param>
/// <param name="Versions">Of guards and prompts that have a part in it; empty where there are none.</param>
internal readonly record struct CacheTerms(string Model, string UpstreamModel, string Headers, string Versions);

/// <summary>What rules look at.</summary>
internal struct CanonicalFacts
{
    /// <summary>How much the answer may vary; null where nothing is said.</summary>
    public double? Temperature { get; set; }

    /// <summary>Whether a seed is given.</summary>
    public bool HasSeed { get; set; }

    /// <summary>Whether functions are offered.</summary>
    public bool OffersTools { get; set; }

    /// <summary>Whether it is to be kept at the provider; null where nothing is said.</summary>
    public bool? Stores { get; set; }

    /// <summary>The first thing that speaks against it whatever the policy says.</summary>
    public CacheRefusal Refusal { get; private set; }

    /// <summary>Notes something that speaks against it.</summary>
    public void Refuse(CacheRefusal refusal) => Refusal = Refusal == CacheRefusal.None || refusal < Refusal ? refusal : Refusal;
}
