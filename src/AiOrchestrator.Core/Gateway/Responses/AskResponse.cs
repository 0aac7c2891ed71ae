using System.Runtime.InteropServices;
using System.Text;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.Extensions.Options;

namespace AiOrchestrator.Core.Gateway.Responses;

/// <summary>Asks the provider where a response lies about it, and answers as it does, by the caller's names.</summary>
internal sealed class AskResponse(ResponseIds ids, AskProvider provider, IOptions<GatewayOptions> options)
{
    /// <summary>The provider's answer.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="id">Their name for the response.</param>
    /// <param name="method">What is to be done.</param>
    /// <param name="path">What of it: empty, or a path that begins with a slash.</param>
    /// <param name="query">The query's parameters, of those the provider may be asked with.</param>
    /// <param name="cancellation">Nobody waits any more.</param>
    public async Task<Result<byte[]>> ExecuteAsync(
        Caller caller, string id, HttpMethod method, string path, IEnumerable<KeyValuePair<string, string>> query, CancellationToken cancellation)
    {
        if (!ids.TryOpen(caller, id, out var response))
        {
            return new ResponseNotFound(id);
        }

        var asked = await provider.ReadAsync(response.Ask(method, path + Text(query), id) with { MaxAnswerBytes = options.Value.MaxAnswerBytes }, cancellation);
        if (asked.Failed)
        {
            return asked.Failure;
        }

        using var answer = asked.Value;
        var bytes = JsonMarshal.GetRawUtf8Value(answer.RootElement).ToArray();
        return new ResponseNames(ids, caller, response.ProviderId, hasPrevious: true).Renamed(bytes).ToArray();
    }

    private static string Text(IEnumerable<KeyValuePair<string, string>> query)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in query)
        {
            text.Append(text.Length == 0 ? '?' : '&').Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(value));
        }

        return text.ToString();
    }
}
