using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Wallets;

internal static class WalletsEndpoints
{
    private const string Root = "/control/v1/wallets";
    private const string Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Wallets").Requires(Permission.Administer);
        group.MapPost("", CreateAsync).WithName("createWallet").WithSummary("Open a wallet")
            .Accepts<CreateWalletRequest>(Json).Produces<WalletView>(StatusCodes.Status201Created).Fails(400, 413, 503);
        group.MapGet("", ListAsync).WithName("listWallets").WithSummary("List wallets in order of id, closed ones included")
            .Produces<Page<WalletView>>().Fails(400, 503);
        group.MapGet("/{id}", GetAsync).WithName("getWallet").WithSummary("One wallet with its figures")
            .Produces<WalletView>().Fails(404, 503);
        group.MapPatch("/{id}", ChangeAsync).WithName("changeWallet").WithSummary("Change a wallet's name or limit")
            .Accepts<ChangeWalletRequest>(Json).Produces<WalletView>().Fails(400, 404, 409, 412, 413, 503);
        group.MapDelete("/{id}", CloseAsync).WithName("closeWallet").WithSummary("Close a wallet that no live key charges; it stays listed")
            .Produces<WalletView>().Fails(404, 409, 412, 503);
        routes.MapGet("/v1/wallet/balance", BalanceAsync).WithTags("Wallets").WithName("getBalance")
            .WithSummary("What the caller's wallet has and has spent").Requires(Permission.ReadUsage)
            .Produces<BalanceView>().Fails(400, 404, 503);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, [FromServices] CreateWallet create, [FromServices] TimeProvider time)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var result = await create.ExecuteAsync(context.GetCaller().OrganisationId, body.Value, context.RequestAborted);
        if (result.Failed)
        {
            return Replies.Fail(result.Failure);
        }

        context.Response.Headers.Location = $"{Root}/{result.Value.Entry.Info.Id}";
        return Show(result, time, StatusCodes.Status201Created);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context,
        [FromServices] WalletDirectory wallets,
        [FromServices] ReadWallet amounts,
        [FromServices] TimeProvider time,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after)
    {
        // Declared for the OpenAPI document; read by hand, so that a wrong one is told in the envelope.
        _ = (limit, after);
        var query = new QueryReader(context.Request.Query);
        var count = query.Limit();
        var afterId = query.Text("after");
        if (query.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var found = wallets.List(context.GetCaller().OrganisationId, afterId, count + 1);
        var views = new List<WalletView>(found.Count);
        foreach (var info in found.Take(count))
        {
            var state = await amounts.ExecuteAsync(info.Id, context.RequestAborted);
            if (state.Failed)
            {
                return Replies.Fail(state.Failure);
            }

            views.Add(WalletView.Of(info, state.Value, time.GetUtcNow().ToUnixTimeMilliseconds()));
        }

        return Replies.Json(new Page<WalletView>(views, found.Count > count ? found[count - 1].Id : null), WalletsJson.Default.PageWalletView);
    }

    private static async Task<IResult> GetAsync(
        HttpContext context, string id, [FromServices] WalletDirectory wallets, [FromServices] ReadWallet amounts, [FromServices] TimeProvider time)
    {
        if (wallets.Entry(context.GetCaller().OrganisationId, id) is not { } entry)
        {
            return Replies.Fail(new WalletNotFound());
        }

        var state = await amounts.ExecuteAsync(id, context.RequestAborted);
        return state.Failed ? Replies.Fail(state.Failure) : Show(new WalletReading(entry, state.Value), time);
    }

    private static async Task<IResult> ChangeAsync(
        HttpContext context, string id, [FromServices] ChangeWallet change, [FromServices] TimeProvider time)
    {
        var body = await RequestBody.ReadAsync(context);
        return body.Failed
            ? Replies.Fail(body.Failure)
            : Show(
                await change.ExecuteAsync(
                    context.GetCaller().OrganisationId, id, body.Value, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted),
                time);
    }

    private static async Task<IResult> CloseAsync(
        HttpContext context, string id, [FromServices] CloseWallet close, [FromServices] TimeProvider time) => Show(
            await close.ExecuteAsync(
                context.GetCaller().OrganisationId, id, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted),
            time);

    private static async Task<IResult> BalanceAsync(
        HttpContext context,
        [FromServices] WalletDirectory wallets,
        [FromServices] ReadWallet amounts,
        [FromServices] TimeProvider time,
        [FromQuery(Name = "wallet")] string? wallet)
    {
        _ = wallet;
        var caller = context.GetCaller();
        var query = new QueryReader(context.Request.Query);
        var asked = query.Text("wallet");
        if (asked is null && caller.IsAdmin)
        {
            query.Problem("wallet", "is required with the admin key, which has no wallet of its own");
        }

        if (query.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        if (!caller.SeesAll && asked is not null && asked != caller.Key!.WalletId)
        {
            return Replies.Fail(PermissionDenied.NotYours);
        }

        var walletId = asked ?? caller.Key!.WalletId;
        if (wallets.Get(caller.OrganisationId, walletId) is null)
        {
            return Replies.Fail(new WalletNotFound());
        }

        var state = await amounts.ExecuteAsync(walletId, context.RequestAborted);
        return state.Failed
            ? Replies.Fail(state.Failure)
            : Replies.Json(BalanceView.Of(state.Value, time.GetUtcNow().ToUnixTimeMilliseconds()), WalletsJson.Default.BalanceView);
    }

    private static IResult Show(Result<WalletReading> result, TimeProvider time, int status = StatusCodes.Status200OK) => result.Failed
        ? Replies.Fail(result.Failure)
        : Replies.Json(
            WalletView.Of(result.Value.Entry.Info, result.Value.State, time.GetUtcNow().ToUnixTimeMilliseconds()),
            WalletsJson.Default.WalletView,
            status,
            result.Value.Entry.ETag);
}
