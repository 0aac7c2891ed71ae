using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using AiOrchestrator.Bench.Targets;

namespace AiOrchestrator.Bench;

/// <summary>
/// What it adds to a call that the first provider fails: one call at a time, round by round at the mock itself, at ours and at Portkey, each at a provider that is
/// well, at one that answers 404, and at the second after the first has answered 404.
/// </summary>
internal sealed class Failover(BenchOptions options, IReadOnlyList<Target> targets) : IDisposable
{
    private const string Well = "gpt-4o";
    private const string Failing = "gpt-4o@status=404";
    private const int CallsPerRound = 300;
    private const int SmokeCalls = 20;

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };
    private readonly Dictionary<(Target Target, string Case), List<double>> _took = [];

    /// <summary>Measures and prints; false where a call ended otherwise than it should.</summary>
    public async Task<bool> RunAsync(CancellationToken stop)
    {
        var present = targets.Where(static t => t.Absent is null && t.Key is "direct" or OurTarget.Key or PortkeyTarget.Key).ToList();
        foreach (var ours in present.Where(static t => t.AdminKey is not null))
        {
            await ConfigureAsync(ours, stop);
        }

        var isSound = true;
        // The first round warms up and counts for nothing.
        for (var round = 0; round <= options.Rounds && isSound; round++)
        {
            foreach (var target in present)
            {
                isSound &= await RoundAsync(target, counts: round > 0, stop);
            }
        }

        Print(present);
        return isSound;
    }

    public void Dispose() => _http.Dispose();

    private async Task<bool> RoundAsync(Target target, bool counts, CancellationToken stop)
    {
        foreach (var (name, status) in new[] { (Well, 200), (Failing, 404), ("both", 200) })
        {
            if (name == "both" && target.Key == "direct")
            {
                continue;
            }

            var took = new List<double>();
            for (var call = 0; call < (options.Smoke ? SmokeCalls : CallsPerRound); call++)
            {
                using var request = Ask(target, name);
                var from = Stopwatch.GetTimestamp();
                using var answer = await _http.SendAsync(request, stop);
                var text = await answer.Content.ReadAsStringAsync(stop);
                took.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
                if ((int)answer.StatusCode != status || (name == "both" && target.AdminKey is not null && !answer.Headers.Contains("x-ao-attempts")))
                {
                    await Console.Error.WriteLineAsync($"fail-over, {target.Name}, {name}: {(int)answer.StatusCode} {text}");
                    return false;
                }
            }

            if (counts)
            {
                took.Sort();
                _took.TryAdd((target, name), []);
                _took[(target, name)].Add(took[took.Count / 2]);
            }
        }

        return true;
    }

    private static HttpRequestMessage Ask(Target target, string name)
    {
        var model = target.AdminKey is null ? name == "both" ? Well : name : name switch { Well => "bench-well", Failing => "bench-failing", _ => "chain:bench-failover" };
        var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{target.Port}/v1/chat/completions")
        {
            Content = new StringContent(
                $$"""{"model":"{{model}}","max_tokens":64,"messages":[{"role":"user","content":"Say something short about the weather in Paris."}]}""", Encoding.UTF8, "application/json"),
        };
        foreach (var header in target.Headers.Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = header.IndexOf(':', StringComparison.Ordinal);
            request.Headers.TryAddWithoutValidation(header[..colon], header[(colon + 1)..].Trim());
        }

        if (target.Key == PortkeyTarget.Key && name == "both")
        {
            var host = request.Headers.GetValues("x-portkey-custom-host").Single();
            request.Headers.Remove("x-portkey-custom-host");
            request.Headers.Remove("x-portkey-provider");
            string One(string upstream) => $$"""{"provider":"openai","api_key":"sk-mock","custom_host":"{{host}}","override_params":{"model":"{{upstream}}"} }""";
            request.Headers.TryAddWithoutValidation("x-portkey-config", $$"""{"strategy":{"mode":"fallback"},"targets":[{{One(Failing)}},{{One(Well)}}]}""");
        }

        return request;
    }

    private async Task ConfigureAsync(Target ours, CancellationToken stop)
    {
        string Row(string id, int priority, string model, string upstream) =>
            $$"""{"id":"{{id}}","base_url":"http://127.0.0.1:{{targets[0].Port}}/v1","api_key_ref":"env:OPENAI_API_KEY","priority":{{priority}},"models":[{"id":"{{model}}","upstream_id":"{{upstream}}","price_as":"openai/gpt-4o"}]}""";
        foreach (var (path, json) in new[]
        {
            ("providers", Row("benchfailing", 8, "bench-failing", Failing)),
            ("providers", Row("benchwell", 9, "bench-well", Well)),
            ("chains", """{"name":"bench-failover","retries":0,"entries":[{"model":"bench-failing"},{"model":"bench-well"}]}"""),
        })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{ours.Port}/control/v1/{path}") { Content = new StringContent(json, Encoding.UTF8, "application/json") };
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", ours.AdminKey);
            using var answer = await _http.SendAsync(request, stop);
            if (!answer.IsSuccessStatusCode)
            {
                throw new InvalidOperationException($"{path}: {await answer.Content.ReadAsStringAsync(stop)}");
            }
        }
    }

    private void Print(List<Target> present)
    {
        Console.WriteLine($"\n| fail-over, one call at a time, p50, ms | {string.Join(" | ", present.Select(static t => t.Name))} |");
        Console.WriteLine($"|---|{string.Concat(Enumerable.Repeat("---:|", present.Count))}");
        Line("at a provider that is well", t => Median(t, Well));
        Line("at one that answers 404, alone", t => Median(t, Failing));
        Line("at the second, after the first has answered 404", t => Median(t, "both"));
        Line("added, beyond the failing provider's own time", t => Median(t, "both") - Median(t, Well) - Median(present[0], Failing));

        void Line(string what, Func<Target, double> value) => Console.WriteLine(
            $"| {what} | {string.Join(" | ", present.Select(t => value(t) is var ms && double.IsNaN(ms) ? "" : ms.ToString("0.00", CultureInfo.InvariantCulture)))} |");
    }

    private double Median(Target target, string name) =>
        _took.TryGetValue((target, name), out var rounds) && rounds.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : double.NaN;
}
