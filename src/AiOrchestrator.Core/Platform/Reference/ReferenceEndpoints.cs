using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Platform.Reference;

/// <summary>
/// A page for people that shows the OpenAPI document, with a viewer of its own beside it (https://rapidocweb.com): nothing comes from another
/// host. It holds nothing that the document does not.
/// </summary>
internal static class ReferenceEndpoints
{
    /// <summary>The viewer styles its parts with attributes; whatever else it might do, it reaches nobody but the host it came from.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/reference", Page).ExcludeFromDescription();
        routes.MapGet("/reference/rapidoc-min.js", static (HttpContext context) => Answer(context, ReferenceFile.Viewer, "text/javascript; charset=utf-8")).ExcludeFromDescription();
        routes.MapGet("/reference/rapidoc-min.js.LICENSE.txt", static (HttpContext context) => Answer(context, ReferenceFile.Licences, "text/plain; charset=utf-8")).ExcludeFromDescription();
    }

    private static IResult Page(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        context.Response.Headers["referrer-policy"] = "no-referrer";
        return Answer(context, ReferenceFile.Page, "text/html; charset=utf-8");
    }

    private static IResult Answer(HttpContext context, ReferenceFile file, string type)
    {
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.Vary = "accept-encoding";
        // Asked again each time whether it is still the same, so that an upgrade is seen at once.
        headers.CacheControl = "no-cache";
        var isGzip = file.Gzip.Length > 0 && TakesGzip(context.Request);
        if (isGzip)
        {
            headers.ContentEncoding = "gzip";
        }

        return Results.Bytes(isGzip ? file.Gzip : file.Bytes, type, entityTag: isGzip ? file.GzipTag : file.Tag);
    }

    private static bool TakesGzip(HttpRequest request) =>
        request.GetTypedHeaders().AcceptEncoding.Any(static c => c.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && c.Quality != 0);
}
