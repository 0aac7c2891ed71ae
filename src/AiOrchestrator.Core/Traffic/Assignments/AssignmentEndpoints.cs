using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Traffic.Configuration;
using AiOrchestrator.Core.Traffic.Facts;
using Microsoft.AspNetCore.Routing;

namespace AiOrchestrator.Core.Traffic.Assignments;

/// <summary>The body of <c>POST</c> and <c>PUT</c> under <c>/control/v1/assignments</c>.</summary>
/// <param name="Level"><c>global</c>, <c>company</c>, <c>team</c> or <c>user</c>.</param>
/// <param name="PrimaryModel">Who does the work, by the name callers use.</param>
/// <param name="Subject">A wallet's id, or a user's; absent for the others.</param>
/// <param name="TaskType">A category of work, or <c>*</c> for all, as when absent.</param>
/// <param name="FallbackModels">At most 19: who does it where that cannot, in order.</param>
/// <param name="AllowedModels">1 to 500 names or patterns of models that may do it; any when absent.</param>
/// <param name="Priority">0 to 1000: of two at one level the higher holds; 50 when absent.</param>
/// <param name="Conditions">Which calls it is for; all when absent.</param>
/// <param name="ExpiresAt">RFC 3339, in the future: from then on it holds no more.</param>
/// <param name="IsOverride">Goes before rules, experiments and everything else. With the admin key, or as owner.</param>
public sealed record AssignmentRequest(
    Level Level,
    string PrimaryModel,
    string? Subject = null,
    string? TaskType = null,
    IReadOnlyList<string>? FallbackModels = null,
    IReadOnlyList<string>? AllowedModels = null,
    int? Priority = null,
    AssignmentConditions? Conditions = null,
    string? ExpiresAt = null,
    bool? IsOverride = null);

/// <summary>An assignment as the control API shows it.</summary>
/// <param name="Id"><c>asg_…</c>.</param>
/// <param name="Level">Whose calls.</param>
/// <param name="Subject">By id; <c>*</c> for everybody.</param>
/// <param name="TaskType">A category of work, or <c>*</c>.</param>
/// <param name="PrimaryModel">Who does it.</param>
/// <param name="FallbackModels">Who does it where that cannot, in order.</param>
/// <param name="AllowedModels">Who may do it; null for any.</param>
/// <param name="Priority">Of two at one level the higher holds.</param>
/// <param name="Conditions">Which calls it is for; null for all.</param>
/// <param name="ExpiresAt">RFC 3339, or null.</param>
/// <param name="IsOverride">Whether it goes before everything else.</param>
/// <param name="AssignedBy">The principal who said so last.</param>
/// <param name="CreatedAt">RFC 3339.</param>
public sealed record AssignmentView(
    string Id,
    Level Level,
    string Subject,
    string TaskType,
    string PrimaryModel,
    IReadOnlyList<string> FallbackModels,
    IReadOnlyList<string>? AllowedModels,
    int Priority,
    AssignmentConditions? Conditions,
    string? ExpiresAt,
    bool IsOverride,
    string AssignedBy,
    string CreatedAt)
{
    internal static AssignmentView Of(StoredAssignment stored)
    {
        var a = stored.Assignment;
        return new(
            a.Id,
            a.Level,
            a.Subject,
            a.TaskType,
            a.PrimaryModel,
            a.FallbackModels,
            a.AllowedModels,
            a.Priority,
            a.Conditions,
            a.ExpiresUnixMs is { } expires ? Rfc3339.Format(expires) : null,
            a.IsOverride,
            a.AssignedBy,
            Rfc3339.Format(stored.CreatedUnixMs));
    }
}

internal static class AssignmentEndpoints
{
    private const int MaxFallbacks = 19;
    private const int MaxModels = 500;
    private const int MaxTags = 20;
    private const int MaxTag = 64;
    private const int MaxPriority = 1000;
    private const long MaxTokens = 1_000_000_000;

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapParts<StoredAssignment, AssignmentSet, AssignmentRequest, AssignmentView>(new PartRoutes<StoredAssignment, AssignmentView>
        {
            Root = "/control/v1/assignments",
            Tag = "Assignments",
            One = "Assignment",
            Words = "which model does a kind of work",
            IdPrefix = "asg",
            Read = Read,
            Refuse = static (stored, caller) => stored.Assignment.IsOverride && caller.Role != Role.Owner ? OverrideNeedsOwner.Instance : null,
            View = AssignmentView.Of,
            Type = AssignmentsJson.Default.AssignmentView,
            PageType = AssignmentsJson.Default.PageAssignmentView,
        });

    private static StoredAssignment Read(MemberReader body, PartRequest request, StoredAssignment? before)
    {
        var whose = LevelSubject.Read(body, request, allowsGlobal: true);
        var primary = body.Text("primary_model", ModelPatterns.MaxLength, required: true) ?? "";
        var allowed = body.Texts("allowed_models", MaxModels, ModelPatterns.MaxLength);
        if (allowed is { Count: 0 })
        {
            body.Problem("allowed_models", "must name at least one model; leave it out where any may do it");
        }

        var assignment = new Assignment(
            request.Id,
            whose.Level,
            whose.Subject,
            ReadTask(body),
            primary,
            ReadFallbacks(body, primary),
            allowed,
            (int)(body.Whole("priority", 0, MaxPriority) ?? Assignment.DefaultPriority),
            ReadConditions(body),
            ReadExpiry(body, request.NowUnixMs),
            request.Caller.PrincipalId,
            body.Flag("is_override") ?? false);
        return new StoredAssignment(request.Id, assignment, before?.CreatedUnixMs ?? request.NowUnixMs);
    }

    private static string ReadTask(MemberReader body)
    {
        var word = body.Text("task_type", 32);
        if (word is null or Assignment.AnyTask)
        {
            return Assignment.AnyTask;
        }

        if (TaskCategories.Parse(word) is { } category)
        {
            return category.Word();
        }

        body.Problem("task_type", $"must be * or of {string.Join(", ", TaskCategories.Words)}");
        return Assignment.AnyTask;
    }

    private static IReadOnlyList<string> ReadFallbacks(MemberReader body, string primary)
    {
        var fallbacks = body.Texts("fallback_models", MaxFallbacks, ModelPatterns.MaxLength) ?? [];
        if (fallbacks.Append(primary).GroupBy(static m => m, StringComparer.Ordinal).FirstOrDefault(static g => g.Count() > 1) is { } twice)
        {
            body.Problem("fallback_models", $"names '{twice.Key}' twice, the primary model counted");
        }

        return fallbacks;
    }

    private static AssignmentConditions? ReadConditions(MemberReader body)
    {
        if (body.Object("conditions") is not { } conditions)
        {
            return null;
        }

        var (min, max) = (conditions.Whole("min_prompt_tokens", 0, MaxTokens), conditions.Whole("max_prompt_tokens", 0, MaxTokens));
        if (min > max)
        {
            conditions.Problem("max_prompt_tokens", "must not be less than 'min_prompt_tokens'");
        }

        // Calls' tags are compared in small letters.
        var tags = conditions.Texts("tags", MaxTags, MaxTag)?.Select(static t => t.ToLowerInvariant()).ToArray();
        if (tags is { Length: 0 })
        {
            conditions.Problem("tags", "must name at least one; leave it out where none is needed");
        }

        return new AssignmentConditions(min, max, tags);
    }

    private static long? ReadExpiry(MemberReader body, long nowUnixMs)
    {
        var expires = body.Moment("expires_at");
        if (expires <= nowUnixMs)
        {
            body.Problem("expires_at", "must be in the future");
        }

        return expires;
    }
}
