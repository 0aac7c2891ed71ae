using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Wallets;

/// <summary>What administrators change about wallets.</summary>
internal static class WalletsEndpoints
{
    public const string Root = "/control/v1/wallets";
    private const string Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup(Root).WithTags("Wallets").Requires(Permission.Administer);
        group.MapPost("", CreateAsync).WithName("createWallet").WithSummary("Open a wallet")
            .Accepts<CreateWalletRequest>(Json).Produces<WalletView>(StatusCodes.Status201Created).Fails(400, 413, 503);
        group.MapPatch("/{id}", ChangeAsync).WithName("changeWallet").WithSummary("Change a wallet's name, place or settings")
            .Accepts<ChangeWalletRequest>(Json).Produces<WalletView>().Fails(400, 404, 409, 412, 413, 503);
        group.MapDelete("/{id}", CloseAsync).WithName("closeWallet").WithSummary("Close a wallet that nothing depends on; it stays listed")
            .Produces<WalletView>().Fails(404, 409, 412, 503);
        group.MapPost("/{id}/top-ups", TopUpAsync).WithName("topUpWallet").WithSummary("Add to the allowance of the current period")
            .Accepts<TopUpRequest>(Json).Produces<MovementView>().Fails(400, 404, 409, 413, 503);
        group.MapPost("/{id}/adjustments", AdjustAsync).WithName("adjustWallet").WithSummary("Correct what was spent in the current period")
            .Accepts<AdjustmentRequest>(Json).Produces<MovementView>().Fails(400, 404, 409, 413, 503);
        group.MapPost("/{id}/freeze", FreezeAsync).WithName("freezeWallet").WithSummary("Pay for no new call until it is unfrozen")
            .Accepts<FreezeRequest>(isOptional: true, Json).Produces<WalletView>().Fails(400, 404, 409, 413, 503);
        group.MapPost("/{id}/unfreeze", UnfreezeAsync).WithName("unfreezeWallet").WithSummary("Pay for calls again")
            .Accepts<FreezeRequest>(isOptional: true, Json).Produces<WalletView>().Fails(400, 404, 409, 413, 503);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, [FromServices] CreateWallet create, [FromServices] DescribeWallets describe)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var result = await create.ExecuteAsync(context.GetCaller(), body.Value, context.RequestAborted);
        if (result.Failed)
        {
            return Replies.Fail(result.Failure);
        }

        context.Response.Headers.Location = $"{Root}/{result.Value.Entry.Info.Id}";
        return Show(result, describe, StatusCodes.Status201Created);
    }

    private static async Task<IResult> ChangeAsync(
        HttpContext context, string id, [FromServices] ChangeWallet change, [FromServices] DescribeWallets describe)
    {
        var body = await RequestBody.ReadAsync(context);
        return body.Failed
            ? Replies.Fail(body.Failure)
            : Show(
                await change.ExecuteAsync(
                    context.GetCaller(), id, body.Value, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted),
                describe);
    }

    private static async Task<IResult> CloseAsync(
        HttpContext context, string id, [FromServices] CloseWallet close, [FromServices] DescribeWallets describe) => Show(
            await close.ExecuteAsync(context.GetCaller(), id, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted),
            describe);

    private static Task<IResult> TopUpAsync(
        HttpContext context, string id, [FromServices] MoveMoney move, [FromServices] DescribeWallets describe) =>
        MoveAsync(context, id, move.TopUpAsync, describe);

    private static Task<IResult> AdjustAsync(
        HttpContext context, string id, [FromServices] MoveMoney move, [FromServices] DescribeWallets describe) =>
        MoveAsync(context, id, move.AdjustAsync, describe);

    private static Task<IResult> FreezeAsync(
        HttpContext context, string id, [FromServices] MoveMoney move, [FromServices] DescribeWallets describe) =>
        SwitchAsync(context, id, move.FreezeAsync, describe);

    private static Task<IResult> UnfreezeAsync(
        HttpContext context, string id, [FromServices] MoveMoney move, [FromServices] DescribeWallets describe) =>
        SwitchAsync(context, id, move.UnfreezeAsync, describe);

    private static async Task<IResult> MoveAsync(
        HttpContext context, string id, Func<Caller, string, MemberReader, CancellationToken, Task<Result<Movement>>> move, DescribeWallets describe)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var moved = await move(context.GetCaller(), id, body.Value, context.RequestAborted);
        if (moved.Failed)
        {
            return Replies.Fail(moved.Failure);
        }

        var (movementId, isNew, reading) = moved.Value;
        return Replies.Json(
            new MovementView(movementId, isNew, describe.View(reading.Entry.Info, reading.State)), WalletsJson.Default.MovementView);
    }

    private static async Task<IResult> SwitchAsync(
        HttpContext context, string id, Func<Caller, string, MemberReader, CancellationToken, Task<Result<Movement>>> move, DescribeWallets describe)
    {
        var body = await RequestBody.ReadOptionalAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var moved = await move(context.GetCaller(), id, body.Value, context.RequestAborted);
        return moved.Failed ? Replies.Fail(moved.Failure) : Show(moved.Value.Reading, describe);
    }

    private static IResult Show(Result<WalletReading> result, DescribeWallets describe, int status = StatusCodes.Status200OK) => result.Failed
        ? Replies.Fail(result.Failure)
        : Replies.Json(
            describe.View(result.Value.Entry.Info, result.Value.State), WalletsJson.Default.WalletView, status, result.Value.Entry.ETag);
}
