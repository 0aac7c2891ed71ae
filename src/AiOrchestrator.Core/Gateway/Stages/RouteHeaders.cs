using System.Globalization;
using System.Text;
using System.Text.Json;

namespace AiOrchestrator.Core.Gateway.Stages;

/// <summary>
/// Tells a caller how its call went from route to route: tries that failed in <c>x-ao-attempts</c>, and to whoever sent <c>x-route: true</c> the decision in
/// <c>x-route</c> (RT-07).
/// </summary>
internal static class RouteHeaders
{
    /// <summary>Most tries that are told.</summary>
    private const int MaxAttempts = 10;

    /// <summary>Writes them; once, before the answer begins.</summary>
    public static void Write(Exchange exchange)
    {
        var headers = exchange.Context.Response.Headers;
        if (exchange.FailedAttempts.Count > 0)
        {
            headers["x-ao-attempts"] = Text(exchange);
        }

        if (exchange.TellsRoute && exchange.Plan is not null)
        {
            headers["x-route"] = Decision(exchange);
        }
    }

    /// <summary>Takes back what an answer that is not the last has written: the next one writes its own.</summary>
    public static void Forget(Exchange exchange)
    {
        var headers = exchange.Context.Response.Headers;
        foreach (var name in headers.Keys.Where(static n => !IsOurs(n)).ToList())
        {
            headers.Remove(name);
        }
    }

    private static bool IsOurs(string name) => name.Equals("x-request-id", StringComparison.OrdinalIgnoreCase) || name.Equals("request-id", StringComparison.OrdinalIgnoreCase) || name.Equals("Connection", StringComparison.OrdinalIgnoreCase)
        || name.Equals("x-ao-set", StringComparison.OrdinalIgnoreCase) || name.StartsWith("x-queue-", StringComparison.OrdinalIgnoreCase);

    /// <summary>The tries that failed, in order, as usage events have them: <c>provider/model code status</c>, joined by semicolons.</summary>
    public static string Text(Exchange exchange) => string.Join("; ", exchange.FailedAttempts.Take(MaxAttempts).Select(static a =>
        a.UpstreamStatus == 0 ? $"{a.Provider}/{Ascii(a.Model)} {a.Code}" : string.Create(CultureInfo.InvariantCulture, $"{a.Provider}/{Ascii(a.Model)} {a.Code} {a.UpstreamStatus}")));

    private static string Decision(Exchange exchange)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("model"u8, exchange.Route!.Model.Id);
            writer.WriteString("provider"u8, exchange.Route.Provider.Id);
            writer.WriteString("reason"u8, exchange.RouteReason);
            writer.WriteNumber("latency_estimate_ms"u8, exchange.Plan!.LatencyEstimateMs);
            writer.WriteStartArray("candidates"u8);
            foreach (var candidate in exchange.Plan.Candidates)
            {
                writer.WriteStringValue($"{candidate.Route.Provider.Id}/{candidate.Route.Model.Id}");
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        // The default encoder escapes whatever is not ASCII, so that it can stand in a header.
        return Encoding.ASCII.GetString(stream.GetBuffer(), 0, (int)stream.Length);
    }

    private static string Ascii(string text) => text.All(static c => c is > ' ' and <= '~' and not ';') ? text : "?";
}
