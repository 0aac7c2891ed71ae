using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Traffic.Regions;

/// <summary>The body of <c>PUT /control/v1/region-policy</c>, as a whole.</summary>
/// <param name="Residency">Where the organisation's data may be processed; anywhere when absent.</param>
/// <param name="Origins">At most 300 entries: where calls' data may be processed, by where they come from.</param>
/// <param name="UnknownOrigin"><c>allow</c> (when absent), <c>deny</c>, or the region that is taken for it.</param>
/// <param name="Addresses">At most 300 entries, each of at most 1000 ranges: which addresses are where.</param>
/// <param name="TrustedProxies">At most 200 ranges: whose word on the caller's address is taken.</param>
/// <param name="AllowDeclared">Whether callers may say where they are, in <c>x-ao-region</c>.</param>
/// <param name="DeclaringKeys">At most 200 ids of the keys that may; all when absent.</param>
public sealed record RegionPolicyRequest(
    ResidencyRequest? Residency = null,
    IReadOnlyList<OriginRule>? Origins = null,
    string? UnknownOrigin = null,
    IReadOnlyList<RegionAddresses>? Addresses = null,
    IReadOnlyList<string>? TrustedProxies = null,
    bool? AllowDeclared = null,
    IReadOnlyList<string>? DeclaringKeys = null);

/// <summary>Where an organisation's data may be processed.</summary>
/// <param name="Region">Where the organisation is.</param>
/// <param name="AllowedRegions">Where providers may process its data; there alone when absent.</param>
public sealed record ResidencyRequest(string Region, IReadOnlyList<string>? AllowedRegions = null);

/// <summary>What is said of regions.</summary>
/// <param name="Residency">Where the organisation's data may be processed; null for anywhere.</param>
/// <param name="Origins">Where calls' data may be processed, by where they come from.</param>
/// <param name="UnknownOrigin"><c>allow</c>, <c>deny</c>, or the region that is taken for it.</param>
/// <param name="Addresses">Which addresses are where.</param>
/// <param name="TrustedProxies">Whose word on the caller's address is taken.</param>
/// <param name="AllowDeclared">Whether callers may say where they are.</param>
/// <param name="DeclaringKeys">Which keys may; null for all.</param>
public sealed record RegionPolicyView(
    Residency? Residency,
    IReadOnlyList<OriginRule> Origins,
    string UnknownOrigin,
    IReadOnlyList<RegionAddresses> Addresses,
    IReadOnlyList<string> TrustedProxies,
    bool AllowDeclared,
    IReadOnlyList<string>? DeclaringKeys)
{
    internal static RegionPolicyView Of(StoredRegionPolicy p) =>
        new(p.Residency, p.Origins, p.UnknownOrigin, p.Addresses, p.TrustedProxies, p.AllowDeclared, p.DeclaringKeys);
}

internal static class RegionEndpoints
{
    private const string Json = "application/json";

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/control/v1/region-policy").WithTags("Regions").Requires(Permission.Administer);
        group.MapGet("", Get).WithName("getRegionPolicy").WithSummary("Where the organisation's data may be processed")
            .Produces<RegionPolicyView>();
        group.MapPut("", SetAsync).WithName("setRegionPolicy").WithSummary("Say where the organisation's data may be processed, as a whole; holds for the next request")
            .Accepts<RegionPolicyRequest>(Json).Produces<RegionPolicyView>().Fails(400, 409, 412, 413);
        group.MapDelete("", DeleteAsync).WithName("deleteRegionPolicy").WithSummary("Take that back: everything is allowed")
            .Produces(StatusCodes.Status204NoContent).Fails(404, 409, 412);
    }

    private static IResult Get(HttpContext context, [FromServices] PartDirectory<StoredRegionPolicy, RegionPolicy> directory) =>
        Show(directory.Find(context.GetCaller().OrganisationId, StoredRegionPolicy.Id) ?? new Part<StoredRegionPolicy>(StoredRegionPolicy.None, ""));

    private static async Task<IResult> SetAsync(
        HttpContext context, [FromServices] PartDirectory<StoredRegionPolicy, RegionPolicy> directory, [FromServices] KeyDirectory keys)
    {
        var body = await RequestBody.ReadAsync(context);
        if (body.Failed)
        {
            return Replies.Fail(body.Failure);
        }

        var organisationId = context.GetCaller().OrganisationId;
        var policy = RegionPolicyReader.Read(body.Value, id => keys.Get(organisationId, id) is not null);
        if (body.Value.Finish() is { } invalid)
        {
            return Replies.Fail(invalid);
        }

        var put = await directory.PutAsync(
            organisationId, StoredRegionPolicy.Id, policy, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted);
        return put.Failed ? Replies.Fail(put.Failure) : Show(put.Value);
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, [FromServices] PartDirectory<StoredRegionPolicy, RegionPolicy> directory) =>
        await directory.DeleteAsync(
            context.GetCaller().OrganisationId, StoredRegionPolicy.Id, etag => EntityTags.Allows(context.Request, etag), context.RequestAborted) is { } failure
            ? Replies.Fail(failure)
            : Results.NoContent();

    private static IResult Show(Part<StoredRegionPolicy> part) => Replies.Json(
        RegionPolicyView.Of(part.Value), RegionsJson.Default.RegionPolicyView, etag: part.ETag.Length == 0 ? null : part.ETag);
}
