using System.Text;
using System.Text.Json;

namespace AiOrchestrator.MockUpstream;

/// <summary>Error answers, told or earned.</summary>
internal static class MockFailures
{
    public static void Answer(Exchange exchange, MockFailure failure)
    {
        var json = new Utf8Out();
        var type = "application/json";
        if (failure.Body is not { } body)
        {
            ChatJson.Error(json, $"mock failure {failure.Status}", failure.Status == 429 ? "requests" : "server_error", "mock_failure");
        }
        else if (body.ValueKind == JsonValueKind.String)
        {
            type = "text/plain";
            json.Raw(Encoding.UTF8.GetBytes(body.GetString() ?? ""));
        }
        else
        {
            json.Raw(Encoding.UTF8.GetBytes(body.GetRawText()));
        }

        foreach (var (name, value) in failure.Headers ?? new Dictionary<string, string>())
        {
            if (string.Equals(name, "content-type", StringComparison.OrdinalIgnoreCase)) type = value;
            else exchange.ResponseHeaders[name] = value;
        }

        exchange.Answer(failure.Status, type, json.Written.Span);
    }

    public static void Answer(Exchange exchange, int status, string message, string? code = null)
    {
        var json = new Utf8Out();
        ChatJson.Error(json, message, "invalid_request_error", code);
        exchange.Answer(status, "application/json", json.Written.Span);
    }
}
