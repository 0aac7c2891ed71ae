using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using AiOrchestrator.Bench.Targets;

namespace AiOrchestrator.Bench;

/// <summary>
/// What the cache takes, over the wire and one call at a time, round by round: a round trip to ours that does nothing, a hit whole and streamed, and what a miss adds
/// to a call that has nothing to do with the cache, with and without a look for questions that are near.
/// </summary>
internal sealed class CachedCalls(BenchOptions options, IReadOnlyList<Target> targets) : IDisposable
{
    private const int CallsPerRound = 1000;
    private const int SmokeCalls = 30;
    private const string Question = "Say something short about the weather in Paris.";
    private static readonly string[] Cases = ["nothing", "hit", "hit, streamed", "bypass", "miss", "miss, semantic"];

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly Dictionary<string, List<double>> _took = Cases.ToDictionary(static c => c, static _ => new List<double>());
    private int _asked;

    /// <summary>Measures and prints; false where a call ended otherwise than it should.</summary>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        if (targets.FirstOrDefault(static t => t.Absent is null && t.Key == OurTarget.Key) is not { AdminKey: not null } ours)
        {
            return true;
        }

        await ConfigureAsync(ours, stop);
        var isSound = true;

        // The first round warms up and counts for nothing.
        for (var round = 0; round <= options.Rounds && isSound; round++)
        {
            foreach (var name in Cases)
            {
                isSound &= await RoundAsync(ours, name, counts: round > 0, stop);
            }
        }

        Print();
        return isSound;
    }

    public void Dispose() => _http.Dispose();

    private async Task<bool> RoundAsync(Target ours, string name, bool counts, CancellationToken stop)
    {
        var took = new List<double>();
        for (var call = 0; call < (options.Smoke ? SmokeCalls : CallsPerRound); call++)
        {
            using var request = Ask(ours, name);
            var from = Stopwatch.GetTimestamp();
            using var answer = await _http.SendAsync(request, stop);
            var text = await answer.Content.ReadAsStringAsync(stop);
            took.Add(Stopwatch.GetElapsedTime(from).TotalMicroseconds);
            var cache = answer.Headers.TryGetValues("x-cache", out var said) ? said.Single() : "nothing";
            if (!answer.IsSuccessStatusCode || (!name.StartsWith(cache, StringComparison.Ordinal) && call > 0))
            {
                await Console.Error.WriteLineAsync($"cache, {name}: {(int)answer.StatusCode} {cache} {text}");
                return false;
            }
        }

        if (counts)
        {
            took.Sort();
            _took[name].Add(took[took.Count / 2]);
        }

        return true;
    }

    private HttpRequestMessage Ask(Target ours, string name)
    {
        if (name == "nothing")
        {
            return new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{ours.Port}/health");
        }

        // A new question each time, too, where the cache has nothing to do with it: counting its tokens takes its time.
        var isNew = name.StartsWith("miss", StringComparison.Ordinal) || name == "bypass";
        var question = isNew ? $"{Question} Day {++_asked}." : Question;
        var model = name == "miss, semantic" ? "gpt-4o-mini" : "gpt-4o";
        var streams = name == "hit, streamed" ? "\"stream\":true," : "";
        var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{ours.Port}/v1/chat/completions")
        {
            Content = new StringContent(
                $$"""{"model":"{{model}}","temperature":0,"max_tokens":64,{{streams}}"messages":[{"role":"user","content":"{{question}}"}]}""", Encoding.UTF8, "application/json"),
        };
        foreach (var header in ours.Headers.Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            request.Headers.TryAddWithoutValidation(header[..colon], header[(colon + 1)..].Trim());
        }

        if (name == "bypass")
        {
            request.Headers.TryAddWithoutValidation("x-cache-bypass", "true");
        }

        return request;
    }

    private async Task ConfigureAsync(Target ours, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{ours.Port}/control/v1/cache/policies")
        {
            Content = new StringContent("""{"level":"company","model":"gpt-4o-mini","mode":"semantic"}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ours.AdminKey);
        using var answer = await _http.SendAsync(request, stop);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"cache policy: {await answer.Content.ReadAsStringAsync(stop)}");
        }
    }

    private void Print()
    {
        Console.WriteLine("\n| cache, one call at a time, p50 | µs |");
        Console.WriteLine("|---|---:|");
        Line("a round trip that does nothing (/health)", Median("nothing"));
        Line("a hit", Median("hit"));
        Line("a hit, streamed", Median("hit, streamed"));
        Line("a call that has nothing to do with the cache", Median("bypass"));
        Line("a miss", Median("miss"));
        Line("a miss, looked for among questions that are near, embedding included", Median("miss, semantic"));
        Line("added by a hit to a round trip", Median("hit") - Median("nothing"));
        Line("added by a miss", Median("miss") - Median("bypass"));

        static void Line(string what, double us) => Console.WriteLine($"| {what} | {us.ToString("0", CultureInfo.InvariantCulture)} |");
    }

    private double Median(string name) => _took[name].Order().ToList() is { Count: > 0 } sorted ? sorted[sorted.Count / 2] : double.NaN;
}
