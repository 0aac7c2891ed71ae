using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;
using AiOrchestrator.Core.Gateway.Stages;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Providers;
using Microsoft.AspNetCore.Http;

namespace AiOrchestrator.Core.Gateway;

/// <summary>Says why a call would go where it goes: read, decided and priced by the very stages of a call, and nothing held or sent.</summary>
internal sealed class ExplainRoute(Pipeline pipeline, ChooseRoute choose, PrepareRoutes prepare, KeyDirectory keys, IdSource ids, TimeProvider time)
{
    private const int MaxHeaders = 20;
    private const int MaxHeaderLength = 4096;

    /// <summary>The explanation, or what is wrong with the question.</summary>
    public Result<RouteExplanation> Execute(string organisationId, MemberReader body)
    {
        var keyId = body.Text("key_id", 64, required: true) ?? "";
        var key = keys.Get(organisationId, keyId);
        if (key is null && keyId.Length > 0)
        {
            body.Problem("key_id", "names no key of this organisation");
        }

        var call = CallOf(body);
        var context = new DefaultHttpContext();
        ReadHeaders(body, context.Request.Headers);
        context.Connection.RemoteIpAddress = AddressOf(body);
        var at = body.Moment("at") is { } ms ? DateTimeOffset.FromUnixTimeMilliseconds(ms) : time.GetUtcNow();
        if (body.Raw("request") is not { ValueKind: JsonValueKind.Object } request)
        {
            body.Problem("request", "must be the body of the call, an object");
            request = default;
        }

        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        context.Request.Headers["x-dry-run"] = "true";
        context.Request.ContentType = "application/json";
        context.Features.Set(new RequestIdentity($"req_{ids.NewExchangeId().Value:x32}", time.GetTimestamp()));
        context.Features.Set(new Caller(organisationId, key));
        return Explain(context, call!.Value, Encoding.UTF8.GetBytes(request.GetRawText()), at);
    }

    private RouteExplanation Explain(HttpContext context, ModelCall call, byte[] json, DateTimeOffset at)
    {
        using var exchange = pipeline.BeginExplained(context, call, at);
        var body = ArrayPool<byte>.Shared.Rent(json.Length);
        json.CopyTo(body, 0);
        exchange.SetBody(body, json.Length);
        var failure = ParseRequest.Run(exchange) ?? choose.Run(exchange) ?? ApplySettings.Run(exchange) ?? prepare.Run(exchange);
        return RouteExplanation.Of(exchange, failure);
    }

    private static ModelCall? CallOf(MemberReader body)
    {
        var name = body.Text("endpoint", 64) ?? "chat.completions";
        foreach (var call in Enum.GetValues<ModelCall>())
        {
            if (call.Traits().Name == name && !call.Traits().IsMedia && !call.Traits().IsVideo && call != ModelCall.Batches)
            {
                return call;
            }
        }

        body.Problem("endpoint", "must be chat.completions, messages, responses, completions, embeddings, moderations or rerank");
        return null;
    }

    private static void ReadHeaders(MemberReader body, IHeaderDictionary headers)
    {
        if (body.Raw("headers") is not { } given)
        {
            return;
        }

        if (given.ValueKind != JsonValueKind.Object || given.GetPropertyCount() > MaxHeaders)
        {
            body.Problem("headers", $"must be an object of at most {MaxHeaders} texts");
            return;
        }

        foreach (var header in given.EnumerateObject())
        {
            if (header.Value.ValueKind != JsonValueKind.String || header.Value.GetString() is not { Length: <= MaxHeaderLength } value || !header.Name.StartsWith("x-", StringComparison.OrdinalIgnoreCase))
            {
                body.Problem($"headers.{header.Name}", "must be a text, of a header that begins with x-");
                continue;
            }

            headers[header.Name] = value;
        }
    }

    private static IPAddress? AddressOf(MemberReader body)
    {
        if (body.Text("address", 64) is not { } text)
        {
            return null;
        }

        if (!IPAddress.TryParse(text, out var address))
        {
            body.Problem("address", "must be an IP address");
        }

        return address;
    }
}
