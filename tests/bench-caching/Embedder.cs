using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using AiOrchestrator.Core.Caching.Embedding;

namespace AiOrchestrator.Bench.Caching;

/// <summary>An embedding as a provider gives it: a sentence encoder in a process of its own, asked over HTTP as OpenAI's are. See the folder <c>embedder</c>.</summary>
internal sealed class Embedder : IEmbedding, IDisposable
{
    private const int TextsAtOnce = 64;
    private readonly Process _process;
    private readonly HttpClient _client;
    private readonly Dictionary<string, float[]> _known = new(StringComparer.Ordinal);

    private Embedder(Process process, Uri address)
    {
        _process = process;
        _client = new HttpClient { BaseAddress = address };
    }

    public string Id => "use-lite-en";

    public int Dimensions => 512;

    /// <summary>Starts it; null, with the reason said, where node or its packages cannot be had.</summary>
    public static Embedder? Start()
    {
        var folder = Path.Combine(Files.Bench, "embedder");
        try
        {
            if (!Directory.Exists(Path.Combine(folder, "node_modules")))
            {
                using var install = Process.Start(new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund", "--ignore-scripts"]) { WorkingDirectory = folder, RedirectStandardOutput = true, UseShellExecute = false })!;
                _ = install.StandardOutput.ReadToEnd();
                install.WaitForExit();
                if (install.ExitCode != 0)
                {
                    Console.WriteLine("npm ci failed in tests/bench-caching/embedder: the bench goes without a provider's embedding");
                    return null;
                }
            }

            var process = Process.Start(new ProcessStartInfo("node", ["server.mjs"]) { WorkingDirectory = folder, RedirectStandardOutput = true, UseShellExecute = false })!;
            var line = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("the embedder has ended");
            return new(process, new Uri($"http://{line[(line.LastIndexOf(' ') + 1)..]}"));
        }
        catch (System.ComponentModel.Win32Exception notThere)
        {
            // The bench measures what there is; that this was left out stands in its output.
            Console.WriteLine($"the bench goes without a provider's embedding: {notThere.Message}");
            return null;
        }
    }

    /// <summary>Asks for many at once, so that each is known when it is needed.</summary>
    public async Task LearnAsync(IEnumerable<string> texts)
    {
        foreach (var some in texts.Distinct(StringComparer.Ordinal).Where(text => !_known.ContainsKey(text)).Chunk(TextsAtOnce))
        {
            using var response = await _client.PostAsJsonAsync("/v1/embeddings", new { model = Id, input = some });
            var body = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
            foreach (var row in body.GetProperty("data").EnumerateArray())
            {
                _known[some[row.GetProperty("index").GetInt32()]] = Unit([.. row.GetProperty("embedding").EnumerateArray().Select(static n => n.GetSingle())]);
            }
        }
    }

    public async ValueTask<float[]?> EmbedAsync(string text, CancellationToken cancellation)
    {
        await LearnAsync([text]);
        return _known[text];
    }

    public void Dispose()
    {
        _client.Dispose();
        _process.Kill();
        _process.Dispose();
    }

    private static float[] Unit(float[] vector)
    {
        var norm = MathF.Sqrt(vector.Sum(static n => n * n));
        return [.. vector.Select(n => n / norm)];
    }
}
