using System.Text;

namespace AiOrchestrator.Bench.Tokens;

/// <summary>One run: ours and the peers in turn, text by text and round by round; figures are medians over the rounds.</summary>
internal sealed class Run(Workplace place, bool quick)
{
    private static readonly string[] Encodings = ["o200k_base", "cl100k_base"];
    private readonly int _rounds = quick ? 1 : 5;
    private readonly int _textBytes = quick ? 1_000_000 : 4_000_000;
    private readonly double _seconds = quick ? 0.1 : 0.5;

    /// <summary>Measures all, prints it; whether every count was tiktoken's.</summary>
    public bool Measure()
    {
        var memory = Ours.Memory();
        var texts = Texts.Write(Path.Combine(Workplace.Folder, "node_modules"), place.Texts, _textBytes);
        using var peers = new Peers(Workplace.Folder);
        Console.WriteLine("| encoding | text | MB | ours, MB/s | tiktoken, MB/s | ratio | gpt-tokenizer warm, MB/s | ratio | fresh, MB/s | allocated, bytes |");
        Console.WriteLine("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|");
        var right = true;
        foreach (var encoding in Encodings)
        {
            foreach (var (name, file) in texts)
            {
                right &= Paired(peers, encoding, name, file);
            }
        }

        Console.WriteLine();
        Longs();
        foreach (var encoding in Encodings)
        {
            Console.WriteLine($"first count of a process, {encoding}: {Median([.. Enumerable.Range(0, quick ? 1 : 9).Select(_ => Workplace.First(encoding))]) * 1e3:n1} ms");
        }

        Console.WriteLine($"both vocabularies in memory: {memory / 1e6:n1} MB");
        return right;
    }

    private bool Paired(Peers peers, string encoding, string name, string file)
    {
        var text = File.ReadAllBytes(file);
        var tokenizer = Ours.Of(encoding);
        // Warm: compiled code on our side and theirs, remembered words on theirs.
        _ = Ours.Count(tokenizer, text, _seconds);
        var fresh = peers.Count("gpt-tokenizer", encoding, file, clear: true).Seconds;
        _ = peers.Count("gpt-tokenizer", encoding, file);
        var rounds = new List<(double Ours, double Tiktoken, double Gpt)>();
        var right = true;
        for (var round = 0; round < _rounds; round++)
        {
            var (ours, count) = Ours.Count(tokenizer, text, _seconds);
            var (tiktoken, expected) = peers.Count("tiktoken", encoding, file);
            rounds.Add((ours, tiktoken, peers.Count("gpt-tokenizer", encoding, file).Seconds));
            right &= count == expected;
        }

        var mb = text.Length / 1e6;
        Console.WriteLine(
            $"| {encoding} | {name} | {mb:n1} | {mb / Median([.. rounds.Select(r => r.Ours)]):n1}"
            + $" | {mb / Median([.. rounds.Select(r => r.Tiktoken)]):n1} | {Median([.. rounds.Select(r => r.Tiktoken / r.Ours)]):n1}"
            + $" | {mb / Median([.. rounds.Select(r => r.Gpt)]):n1} | {Median([.. rounds.Select(r => r.Gpt / r.Ours)]):n1} | {mb / fresh:n1}"
            + $" | {Ours.Allocated(tokenizer, text)} |{(right ? "" : " WRONG COUNT")}");
        return right;
    }

    private void Longs()
    {
        foreach (var encoding in Encodings)
        {
            var tokenizer = Ours.Of(encoding);
            foreach (var (name, text) in new[] { ("x", new string('x', 1_000_000)), ("blanks", new string(' ', 1_000_000)), ("=", new string('=', 1_000_000)) })
            {
                var utf8 = Encoding.UTF8.GetBytes(text);
                _ = Ours.Count(tokenizer, utf8, _seconds / 5);
                Console.WriteLine($"1 MB of {name}, {encoding}: {Ours.Count(tokenizer, utf8, _seconds).Seconds * 1e3:n1} ms, {Ours.Allocated(tokenizer, utf8)} bytes allocated");
            }

            var english = File.ReadAllBytes(Path.Combine(place.Texts, "english.txt"));
            _ = Ours.Stream(tokenizer, english, 5);
            Console.WriteLine($"a stream of chunks of 5 bytes, {encoding}: {Ours.Stream(tokenizer, english, 5) * 1e9:n0} ns a chunk");
        }
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
