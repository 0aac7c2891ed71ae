using System.Globalization;

namespace AiOrchestrator.Core.Platform;

/// <summary>The request's body is not one JSON object in UTF-8.</summary>
/// <param name="Why">What is wrong with it, without repeating it.</param>
public sealed record InvalidJson(string Why)
    : ApiFailure(400, "invalid_request_error", "invalid_json", $"The request body is not a valid JSON object: {Why}");

/// <summary>One thing that is wrong with a request.</summary>
/// <param name="Param">The member, as a path from the body's root, or the query parameter.</param>
/// <param name="Problem">What is wrong with it, as the end of a sentence that begins with its name.</param>
public sealed record RequestProblem(string Param, string Problem);

/// <summary>Members or query parameters are missing, unknown, or hold what they may not. All of them are told at once.</summary>
public sealed record InvalidRequest : ApiFailure
{
    private const int MostProblemsTold = 20;

    /// <summary>A failure about at least one problem; <see cref="ApiFailure.Param"/> names the first.</summary>
    public InvalidRequest(IReadOnlyList<RequestProblem> problems)
        : base(400, "invalid_request_error", "invalid_request", Describe(problems)) => Param = problems[0].Param;

    /// <summary>A failure about one problem.</summary>
    public InvalidRequest(string param, string problem)
        : this([new RequestProblem(param, problem)])
    {
    }

    private static string Describe(IReadOnlyList<RequestProblem> problems)
    {
        var told = string.Join("; ", problems.Take(MostProblemsTold).Select(static p => $"'{p.Param}' {p.Problem}"));
        return problems.Count > MostProblemsTold
            ? string.Create(CultureInfo.InvariantCulture, $"{told}; and {problems.Count - MostProblemsTold} more.")
            : told + ".";
    }
}

/// <summary>The body is longer than this endpoint takes.</summary>
/// <param name="LimitBytes">How much it takes.</param>
public sealed record BodyTooLarge(long LimitBytes) : ApiFailure(
    413, "invalid_request_error", "body_too_large", string.Create(CultureInfo.InvariantCulture, $"The request body is larger than {LimitBytes} bytes."));

/// <summary>The body did not arrive as HTTP requires, or too slowly.</summary>
/// <param name="HttpStatus">400 or 408, as the server decided.</param>
public sealed record BodyNotReadable(int HttpStatus)
    : ApiFailure(HttpStatus, "invalid_request_error", "body_not_readable", "The request body could not be read to its end.");

/// <summary>No endpoint at this path.</summary>
public sealed record RouteNotFound()
    : ApiFailure(404, "invalid_request_error", "route_not_found", "There is nothing at this path. GET /openapi.json lists what is served.");

/// <summary>The path exists, but not for this method; the <c>allow</c> header names those it has.</summary>
public sealed record MethodNotAllowed()
    : ApiFailure(405, "invalid_request_error", "method_not_allowed", "This path does not answer to this HTTP method.");

/// <summary>The body's content type is not one the endpoint reads.</summary>
public sealed record UnsupportedMediaType()
    : ApiFailure(415, "invalid_request_error", "unsupported_media_type", "Send the request body with 'content-type: application/json'.");

/// <summary>No such alert of the caller's organisation.</summary>
public sealed record AlertNotFound()
    : ApiFailure(404, "invalid_request_error", "alert_not_found", "There is no alert with this id. GET /control/v1/alerts lists those of the last 90 days.");

/// <summary>The document was changed between the caller's reading and its writing.</summary>
public sealed record PreconditionFailed()
    : ApiFailure(412, "invalid_request_error", "precondition_failed", "The object was changed since it was read ('if-match' does not hold any more): read it again.");

/// <summary>Somebody else changed the same document at the same moment.</summary>
public sealed record ConcurrentChange()
    : ApiFailure(409, "conflict_error", "concurrent_change", "Another request changed the same object at the same moment: send the request again.");

/// <summary>The instance has not loaded its configuration.</summary>
/// <param name="Reason">What is missing, for whoever runs it; names no value of a secret.</param>
public sealed record InstanceNotReady(string Reason)
    : ApiFailure(503, "server_error", "not_ready", $"The instance is not ready: {Reason}.");
