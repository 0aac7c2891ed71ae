using System.Buffers.Binary;
using AiOrchestrator.Classifier.Shared;
using AiOrchestrator.Core.Traffic.Classifying;

namespace AiOrchestrator.Classifier;

/// <summary>
/// Trains the multinomial logistic regression: stochastic gradient descent with a rate for each weight (Duchi et al., AdaGrad, JMLR 12, 2011) and an L2 penalty, from a
/// fixed seed, in one thread: the same corpus gives the same weights.
/// </summary>
internal sealed class Training
{
    private const int Classes = ClassifierModel.Classes;
    private const int Epochs = 40;
    private const float Rate = 0.15f;
    private const float Penalty = 2e-5f;
    private const float PastedWeight = 1;
    private const ulong Seed = 20260101;

    private readonly float[] _weights = new float[TextFeatures.Buckets * Classes];
    private readonly float[] _squares = new float[TextFeatures.Buckets * Classes];
    private readonly float[] _dense = new float[TextFeatures.Dense * Classes];
    private readonly float[] _denseSquares = new float[TextFeatures.Dense * Classes];
    private readonly float[] _bias = new float[Classes];
    private readonly float[] _biasSquares = new float[Classes];
    private readonly List<Example> _examples;

    private Training(IEnumerable<Sample> samples) => _examples = [.. samples.Select(Read)];

    /// <summary>Trains on samples; gives the resource <see cref="ClassifierModel"/> reads.</summary>
    /// <param name="samples">What users say.</param>
    /// <param name="pasted">The same with material behind it.</param>
    public static byte[] Run(IReadOnlyList<Sample> samples, IReadOnlyList<Sample> pasted)
    {
        var training = new Training(samples.Concat(pasted));
        var weightOf = Balance(samples);
        var order = Enumerable.Range(0, samples.Count + pasted.Count).ToArray();
        var random = Seed;
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            for (var at = order.Length - 1; at > 0; at--)
            {
                random = unchecked((random * 6364136223846793005) + 1442695040888963407);
                var other = (int)((random >> 33) % (ulong)(at + 1));
                (order[at], order[other]) = (order[other], order[at]);
            }

            foreach (var index in order)
            {
                var example = training._examples[index];
                training.Step(example, weightOf[example.Category] * (index < samples.Count ? 1 : PastedWeight));
            }
        }

        return training.Write();
    }

    /// <summary>Each category weighs the same, however many texts it has.</summary>
    private static float[] Balance(IReadOnlyList<Sample> samples) =>
        [.. Enumerable.Range(0, Classes).Select(c => samples.Count / (float)Classes / Math.Max(1, samples.Count(s => (int)s.Category == c)))];

    private static Example Read(Sample sample)
    {
        var parts = RequestParts.Of(sample.Text);
        var words = new SortedDictionary<int, float>();
        var asked = default(TextCounts);
        var all = default(TextCounts);
        Gather(parts.Head, [], parts.HeadWeight, words, ref parts.IsAskedLast ? ref all : ref asked);
        Gather(parts.Tail, [], parts.TailWeight, words, ref parts.IsAskedLast ? ref asked : ref all);
        all.Add(asked);
        Gather(parts.Middle, parts.MiddleEnd, RequestParts.MiddleWeight, words, ref all);
        var dense = new float[TextFeatures.Dense];
        TextFeatures.Shape(asked, all, TaskClassifier.IsOther(TaskClassifier.Language(parts)), dense);
        return new Example([.. words.Select(static w => (w.Key, w.Value))], dense, (int)sample.Category);
    }

    /// <summary>As <see cref="ClassifierModel.AddWords"/> weighs them.</summary>
    private static void Gather(ReadOnlySpan<char> text, ReadOnlySpan<char> end, float weight, SortedDictionary<int, float> words, ref TextCounts counts)
    {
        var sink = new Sink { Counts = new Dictionary<(int, int), int>(), Met = new int[TextFeatures.Groups] };
        if (text.IsEmpty)
        {
            return;
        }

        TextFeatures.Read(text, ref sink, ref counts);
        if (!end.IsEmpty)
        {
            TextFeatures.Read(end, ref sink, ref counts);
        }

        foreach (var ((group, bucket), count) in sink.Counts.OrderBy(static c => c.Key))
        {
            words[bucket] = words.GetValueOrDefault(bucket) + (weight * count / MathF.Sqrt(sink.Met[group]));
        }
    }

    private void Step(Example example, float importance)
    {
        Span<float> chances = stackalloc float[Classes];
        _bias.CopyTo(chances);
        foreach (var (bucket, value) in example.Words)
        {
            for (var c = 0; c < Classes; c++)
            {
                chances[c] += value * _weights[(bucket * Classes) + c];
            }
        }

        for (var f = 0; f < example.Dense.Length; f++)
        {
            for (var c = 0; c < Classes; c++)
            {
                chances[c] += example.Dense[f] * _dense[(f * Classes) + c];
            }
        }

        TaskClassifier.Softmax(chances);
        for (var c = 0; c < Classes; c++)
        {
            var error = importance * (chances[c] - (c == example.Category ? 1 : 0));
            Move(ref _bias[c], ref _biasSquares[c], error);
            foreach (var (bucket, value) in example.Words)
            {
                var at = (bucket * Classes) + c;
                Move(ref _weights[at], ref _squares[at], (error * value) + (Penalty * _weights[at]));
            }

            for (var f = 0; f < example.Dense.Length; f++)
            {
                var at = (f * Classes) + c;
                Move(ref _dense[at], ref _denseSquares[at], (error * example.Dense[f]) + (Penalty * _dense[at]));
            }
        }
    }

    private static void Move(ref float weight, ref float squares, float gradient)
    {
        squares += gradient * gradient;
        weight -= Rate * gradient / (MathF.Sqrt(squares) + 1e-6f);
    }

    /// <summary>As <see cref="ClassifierModel"/> describes it; hashed weights in bytes, the largest of them at 127.</summary>
    private byte[] Write()
    {
        var scale = _weights.Max(MathF.Abs) / 127;
        using var file = new MemoryStream();
        Span<byte> header = stackalloc byte[20];
        "AOC1"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], TextFeatures.Buckets);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], TextFeatures.Dense);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], Classes);
        BinaryPrimitives.WriteSingleLittleEndian(header[16..], scale);
        file.Write(header);
        foreach (var weight in _weights)
        {
            file.WriteByte(unchecked((byte)(sbyte)MathF.Round(weight / scale)));
        }

        Span<byte> bytes = stackalloc byte[4];
        foreach (var weight in _dense.Concat(_bias))
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes, weight);
            file.Write(bytes);
        }

        return file.ToArray();
    }

    private sealed record Example((int Bucket, float Value)[] Words, float[] Dense, int Category);

    private struct Sink : IFeatureSink
    {
        public Dictionary<(int Group, int Bucket), int> Counts;
        public int[] Met;

        public readonly void Add(int group, int bucket)
        {
            Counts[(group, bucket)] = Counts.GetValueOrDefault((group, bucket)) + 1;
            Met[group]++;
        }
    }
}
