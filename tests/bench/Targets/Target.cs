using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Bench.Load;

namespace AiOrchestrator.Bench.Targets;

/// <summary>One column of the table: something that answers chat requests on a port of 127.0.0.1, or the reason it does not.</summary>
internal sealed class Target(string key, string name) : IDisposable
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>For <c>--only</c>.</summary>
    public string Key => key;

    public string Name => name;

    public ChildProcess? Process { get; init; }

    public int Port { get; init; }

    /// <summary>Request headers beyond the common ones, each ending in CR LF.</summary>
    public string Headers { get; init; } = "";

    /// <summary>True when unknown members of the request do not get through, so that the mock is steered by the model's name.</summary>
    public bool SteerByModel { get; init; }

    /// <summary>The model asked for, where it is not the one that needs no translation: then the text of the request steers the mock.</summary>
    public string? TranslatedModel { get; init; }

    /// <summary>Admin key for our diagnostics; null for others.</summary>
    public string? AdminKey { get; init; }

    /// <summary>Why there is nothing to measure; null when there is.</summary>
    public string? Absent { get; set; }

    /// <summary>An absence that is a fault and not a choice: our own server did not come up.</summary>
    public bool Failed { get; init; }

    public static int FreePort()
    {
        using var probe = new TcpListener(System.Net.IPAddress.Loopback, 0);
        probe.Start();
        return ((System.Net.IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>A request whose answer has so many words, one every so many milliseconds when streamed.</summary>
    public Question Ask(int tokens, bool stream, int delayMs = 0)
    {
        var steering = TranslatedModel is { } model ? $"\"model\":\"{model}\""
            : SteerByModel
            ? $"\"model\":\"gpt-4o@tokens={tokens},delay_ms={delayMs}\""
            : $"\"model\":\"gpt-4o\",\"x_mock\":{{\"tokens\":{tokens},\"delay_ms\":{delayMs}}}";
        // 20 words at once is what the mock does unasked.
        var isPlain = tokens == 20 && delayMs == 0;
        if (isPlain && TranslatedModel is null) steering = "\"model\":\"gpt-4o\"";
        var text = isPlain || TranslatedModel is null ? "" : $" @tokens={tokens},delay_ms={delayMs}@";
        var body = $"{{{steering},\"max_tokens\":{tokens + 44},\"stream\":{(stream ? "true" : "false")},"
            + "\"messages\":[{\"role\":\"system\",\"content\":\"You are a helpful assistant.\"},"
            + "{\"role\":\"user\",\"content\":\"Say something short about the weather in Paris." + text + "\"}]}";
        var head = $"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{Port}\r\nContent-Type: application/json\r\n"
            + $"Accept: {(stream ? "text/event-stream" : "application/json")}\r\n{Headers}Content-Length: {body.Length}\r\n\r\n";
        return new Question(Encoding.ASCII.GetBytes(head + body), tokens, stream);
    }

    /// <summary>Bytes our server has allocated since it started; null where it does not say.</summary>
    public async Task<long?> AllocatedBytesAsync()
    {
        if (AdminKey is null) return null;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{Port}/control/v1/diagnostics");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", AdminKey);
            using var response = await Http.SendAsync(request);
            if (!response.IsSuccessStatusCode) return null;
            using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            return json.RootElement.TryGetProperty("allocated_bytes", out var bytes) ? bytes.GetInt64() : null;
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or OperationCanceledException)
        {
            // A figure less, printed as n/a; a server that is really gone shows as wrong answers.
            return null;
        }
    }

    public double CpuMicroseconds() => Process is null ? double.NaN : ProcessTree.CpuMicroseconds(Process.Id);

    public double ResidentMegabytes() => Process is null ? double.NaN : ProcessTree.ResidentBytes(Process.Id) / 1e6;

    /// <summary>Polls a page until it answers with any status that will do; false after the bound or when the process ended.</summary>
    public static async Task<bool> ReadyAsync(ChildProcess process, int port, string path, Func<int, bool> good, TimeSpan bound)
    {
        var end = Clock.Now + Clock.Of(bound);
        while (Clock.Now < end && !process.HasExited)
        {
            try
            {
                using var response = await Http.GetAsync(new Uri($"http://127.0.0.1:{port}{path}"));
                if (good((int)response.StatusCode)) return true;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                // Not listening yet; the loop is bounded.
            }

            await Task.Delay(20);
        }

        return false;
    }

    public void Dispose() => Process?.Dispose();
}
