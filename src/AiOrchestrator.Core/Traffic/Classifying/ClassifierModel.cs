using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AiOrchestrator.Core.Traffic.Classifying;

/// <summary>
/// Multinomial logistic regression over <see cref="TextFeatures"/>, trained by eng/classifier. Of each group of hashed features counts by the root of their
/// number are what weighs, so that a long text does not shout.
/// </summary>
/// <remarks>
/// The resource: <c>AOC1</c>, the number of buckets, of figures and of classes (32 bits each, little endian), the scale of the weights, then for each bucket
/// a signed byte for each class, for each figure a 32-bit float for each class, and a bias for each class. Sums of the hashed part are whole numbers: the same everywhere.
/// </remarks>
internal sealed class ClassifierModel
{
    /// <summary>Categories.</summary>
    public const int Classes = 11;

    private const string EmbeddedName = "AiOrchestrator.Core.Traffic.Classifying.classifier.bin";
    private const int HeaderBytes = 20;

    /// <summary>A row is padded to a vector.</summary>
    private const int Stride = 16;

    private static readonly Lazy<ClassifierModel> ShippedModel = new(Load);
    private readonly sbyte[] _rows;
    private readonly float[] _dense;
    private readonly float[] _bias;
    private readonly float _scale;

    private ClassifierModel(sbyte[] rows, float[] dense, float[] bias, float scale) => (_rows, _dense, _bias, _scale) = (rows, dense, bias, scale);

    /// <summary>The one that ships.</summary>
    public static ClassifierModel Shipped => ShippedModel.Value;

    /// <summary>Reads what the trainer has written.</summary>
    /// <exception cref="InvalidDataException">It is not that.</exception>
    public static ClassifierModel Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != HeaderBytes + (TextFeatures.Buckets * Classes) + (4 * Classes * (TextFeatures.Dense + 1)) || !bytes.StartsWith("AOC1"u8)
            || Whole(bytes[4..]) != TextFeatures.Buckets || Whole(bytes[8..]) != TextFeatures.Dense || Whole(bytes[12..]) != Classes)
        {
            throw new InvalidDataException("The classifier's weights are not what this build reads: run eng/classifier.");
        }

        var rows = new sbyte[TextFeatures.Buckets * Stride];
        var weights = MemoryMarshal.Cast<byte, sbyte>(bytes.Slice(HeaderBytes, TextFeatures.Buckets * Classes));
        for (var bucket = 0; bucket < TextFeatures.Buckets; bucket++)
        {
            weights.Slice(bucket * Classes, Classes).CopyTo(rows.AsSpan(bucket * Stride));
        }

        var rest = bytes[(HeaderBytes + weights.Length)..];
        var dense = new float[TextFeatures.Dense * Classes];
        var bias = new float[Classes];
        Floats(rest, dense);
        Floats(rest[(4 * dense.Length)..], bias);
        return new ClassifierModel(rows, dense, bias, BinaryPrimitives.ReadSingleLittleEndian(bytes[16..]));
    }

    /// <summary>Adds to the logits what the words of a turn say, of what is asked most.</summary>
    /// <param name="parts">The turn.</param>
    /// <param name="asked">What was counted of the end where what is asked stands.</param>
    /// <param name="all">What was counted of all that was looked at.</param>
    /// <param name="logits">One for each category.</param>
    public void AddTurn(in RequestParts parts, out TextCounts asked, out TextCounts all, Span<float> logits)
    {
        asked = default;
        all = default;
        AddWords(parts.Head, [], parts.HeadWeight, ref parts.IsAskedLast ? ref all : ref asked, logits);
        AddWords(parts.Tail, [], parts.TailWeight, ref parts.IsAskedLast ? ref asked : ref all, logits);
        all.Add(asked);
        AddWords(parts.Middle, parts.MiddleEnd, RequestParts.MiddleWeight, ref all, logits);
    }

    /// <summary>Adds to the logits what the words of a text say.</summary>
    /// <param name="text">The text, or its beginning.</param>
    /// <param name="end">Its end, where it is looked at in two pieces.</param>
    /// <param name="weight">How much it counts.</param>
    /// <param name="counts">Is added what was counted of it.</param>
    /// <param name="logits">One for each category.</param>
    public void AddWords(ReadOnlySpan<char> text, ReadOnlySpan<char> end, float weight, ref TextCounts counts, Span<float> logits)
    {
        if (text.IsEmpty)
        {
            return;
        }

        Span<short> near = stackalloc short[TextFeatures.Groups * Stride];
        Span<int> far = stackalloc int[TextFeatures.Groups * Stride];
        Span<int> met = stackalloc int[TextFeatures.Groups];
        near.Clear();
        far.Clear();
        met.Clear();
        var sums = new Sums(_rows, near, far, met);
        TextFeatures.Read(text, ref sums, ref counts);
        if (!end.IsEmpty)
        {
            TextFeatures.Read(end, ref sums, ref counts);
        }

        for (var group = 0; group < TextFeatures.Groups; group++)
        {
            sums.Settle(group);
            var factor = weight * _scale / MathF.Sqrt(Math.Max(1, met[group]));
            for (var category = 0; category < Classes; category++)
            {
                logits[category] += factor * far[(group * Stride) + category];
            }
        }
    }

    /// <summary>Adds to the logits what the shape of a turn says, and what is usual.</summary>
    public void AddShape(in TextCounts asked, in TextCounts all, bool isOtherLanguage, Span<float> logits)
    {
        Span<float> dense = stackalloc float[TextFeatures.Dense];
        TextFeatures.Shape(asked, all, isOtherLanguage, dense);
        for (var category = 0; category < Classes; category++)
        {
            logits[category] += _bias[category];
            for (var figure = 0; figure < dense.Length; figure++)
            {
                logits[category] += dense[figure] * _dense[(figure * Classes) + category];
            }
        }
    }

    private static ClassifierModel Load()
    {
        using var file = typeof(ClassifierModel).Assembly.GetManifestResourceStream(EmbeddedName)
            ?? throw new InvalidOperationException($"{EmbeddedName} is not embedded.");
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return Read(bytes);
    }

    private static int Whole(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt32LittleEndian(bytes);

    private static void Floats(ReadOnlySpan<byte> bytes, Span<float> into)
    {
        for (var at = 0; at < into.Length; at++)
        {
            into[at] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(4 * at)..]);
        }
    }

    /// <summary>Sums rows: in 16 bits, and before those could overflow in 32.</summary>
    private readonly ref struct Sums(ReadOnlySpan<sbyte> rows, Span<short> near, Span<int> far, Span<int> met) : IFeatureSink
    {
        /// <summary>Rows of signed bytes that 16 bits hold the sum of.</summary>
        private const int MostNear = 256;

        private readonly ReadOnlySpan<sbyte> _rows = rows;
        private readonly Span<short> _near = near;
        private readonly Span<int> _far = far;
        private readonly Span<int> _met = met;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(int group, int bucket)
        {
            var (low, high) = Vector128.Widen(Vector128.Create(_rows.Slice(bucket * Stride, Stride)));
            var sums = _near.Slice(group * Stride, Stride);
            (Vector128.Create<short>(sums) + low).CopyTo(sums);
            (Vector128.Create<short>(sums[(Stride / 2)..]) + high).CopyTo(sums[(Stride / 2)..]);
            if (++_met[group] % MostNear == 0)
            {
                Settle(group);
            }
        }

        public void Settle(int group)
        {
            for (var at = group * Stride; at < (group + 1) * Stride; at++)
            {
                _far[at] += _near[at];
                _near[at] = 0;
            }
        }
    }
}
