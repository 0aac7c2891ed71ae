using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Wallets;

/// <summary>What may be seen of wallets: below <c>/control/v1</c> by administrators, below <c>/v1</c> by keys, who see their own and those below.</summary>
internal static class ReadWalletsEndpoints
{
    private const string Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        Map(routes.MapGroup(WalletsEndpoints.Root).Requires(Permission.Administer), "");
        Map(routes.MapGroup("/v1/wallets").Requires(Permission.UseWallets), "My");
        routes.MapGet("/v1/wallet/balance", BalanceAsync).WithTags("Wallets").WithName("getBalance")
            .WithSummary("What the caller's wallet has and has spent").Requires(Permission.ReadUsage)
            .Produces<BalanceView>().Fails(400, 404, 503);
    }

    private static void Map(RouteGroupBuilder group, string whose)
    {
        group.WithTags("Wallets");
        group.MapGet("", ListAsync).WithName($"list{whose}Wallets").WithSummary("List wallets in order of id, closed ones included")
            .Produces<Page<WalletView>>().Fails(400, 503);
        group.MapGet("/tree", TreeAsync).WithName($"get{whose}WalletTree").WithSummary("All wallets with their figures, each with those below it")
            .Produces<WalletTreeView>().Fails(503);
        group.MapGet("/{id}", GetAsync).WithName($"get{whose}Wallet").WithSummary("One wallet with its figures")
            .Produces<WalletView>().Fails(404, 503);
        group.MapGet("/{id}/outstanding", OutstandingAsync).WithName($"get{whose}WalletOutstanding").WithSummary("Who sits on the wallet's money")
            .Produces<OutstandingView>().Fails(404, 503);
        group.MapPost("/{id}/simulate", SimulateAsync).WithName($"simulate{whose}Call").WithSummary("Whether a call would pass, wallet by wallet; changes nothing")
            .Accepts<SimulateRequest>(Json).Produces<SimulationView>().Fails(400, 404, 413, 503);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context,
        [FromServices] DescribeWallets describe,
        [FromQuery(Name = "limit")] string? limit,
        [FromQuery(Name = "after")] string? after)
    {
        // Declared for the OpenAPI document; read by hand, so that a wrong one is told in the envelope.
        _ = (limit, after);
        var page = await describe.ListAsync(context.GetCaller(), new QueryReader(context.Request.Query), context.RequestAborted);
        return page.Failed ? Replies.Fail(page.Failure) : Replies.Json(page.Value, WalletsJson.Default.PageWalletView);
    }

    private static async Task<IResult> TreeAsync(HttpContext context, [FromServices] DescribeWallets describe)
    {
        var tree = await describe.TreeAsync(context.GetCaller(), context.RequestAborted);
        return tree.Failed ? Replies.Fail(tree.Failure) : Replies.Json(tree.Value, WalletsJson.Default.WalletTreeView);
    }

    private static async Task<IResult> GetAsync(HttpContext context, string id, [FromServices] DescribeWallets describe)
    {
        var found = await describe.ReadAsync(context.GetCaller(), id, context.RequestAborted);
        return found.Failed
            ? Replies.Fail(found.Failure)
            : Replies.Json(
                describe.View(found.Value.Entry.Info, found.Value.State), WalletsJson.Default.WalletView, etag: found.Value.Entry.ETag);
    }

    private static async Task<IResult> OutstandingAsync(
        HttpContext context,
        string id,
        [FromServices] DescribeWallets describe,
        [FromServices] ReadWallet amounts,
        [FromServices] TimeProvider time)
    {
        var found = await describe.ReadAsync(context.GetCaller(), id, context.RequestAborted);
        if (found.Failed)
        {
            return Replies.Fail(found.Failure);
        }

        var outstanding = await amounts.OutstandingAsync(id, context.RequestAborted);
        return outstanding.Failed
            ? Replies.Fail(outstanding.Failure)
            : Replies.Json(
                OutstandingView.Of(found.Value.State, outstanding.Value, time.GetUtcNow().ToUnixTimeMilliseconds()),
                WalletsJson.Default.OutstandingView);
    }

    private static async Task<IResult> SimulateAsync(HttpContext context, string id, [FromServices] SimulateCall simulate)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var result = await simulate.ExecuteAsync(context.GetCaller(), id, body.Value, context.RequestAborted);
        return result.Failed ? Replies.Fail(result.Failure) : Replies.Json(result.Value, WalletsJson.Default.SimulationView);
    }

    private static async Task<IResult> BalanceAsync(
        HttpContext context,
        [FromServices] WalletDirectory wallets,
        [FromServices] DescribeWallets describe,
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

        var balance = await describe.BalanceAsync(caller.OrganisationId, walletId, context.RequestAborted);
        return balance.Failed ? Replies.Fail(balance.Failure) : Replies.Json(balance.Value, WalletsJson.Default.BalanceView);
    }
}
