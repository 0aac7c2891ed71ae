using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Ledger.Approvals;
using AiOrchestrator.Ledger.Money;

namespace AiOrchestrator.Core.Wallets.Approvals;

/// <summary>A policy and its document's tag.</summary>
internal sealed record StoredPolicy(ApprovalPolicy Policy, string ETag);

/// <summary>Who must agree to what, for each organisation. Holds for what is asked for from then on.</summary>
internal sealed class ApprovalPolicies(IDocumentStore documents)
{
    private const string Partition = "approvals";

    /// <summary>The tag of the policy of an organisation that has stored none.</summary>
    private const string DefaultTag = "default";

    private static readonly string[] DecidingRoles =
        [Roles.Word(Role.TeamLead), Roles.Word(Role.Finops), Roles.Word(Role.Admin), Roles.Word(Role.Owner)];

    /// <summary>The policy in force.</summary>
    public async Task<StoredPolicy> ReadAsync(string organisationId, CancellationToken cancellation)
    {
        var (stored, etag) = await documents.FindAsync(Partition, organisationId, ProposalsJson.Default.ApprovalPolicy, cancellation);
        return stored is null ? new StoredPolicy(ApprovalPolicy.Default, DefaultTag) : new StoredPolicy(stored, etag!);
    }

    /// <summary>Replaces the policy.</summary>
    public async Task<Result<StoredPolicy>> ReplaceAsync(
        string organisationId, MemberReader body, Func<string, bool> allows, CancellationToken cancellation)
    {
        var policy = Read(body);
        if (body.Finish() is { } invalid)
        {
            return invalid;
        }

        var before = await ReadAsync(organisationId, cancellation);
        if (!allows(before.ETag))
        {
            return new PreconditionFailed();
        }

        var bytes = StoredDocuments.Bytes(policy, ProposalsJson.Default.ApprovalPolicy);
        var write = before.ETag == DefaultTag
            ? await documents.CreateAsync(Partition, organisationId, bytes, cancellation)
            : await documents.ReplaceAsync(Partition, organisationId, bytes, before.ETag, cancellation);
        return write.ETag is { } etag ? new StoredPolicy(policy, etag) : new ConcurrentChange();
    }

    private static ApprovalPolicy Read(MemberReader body)
    {
        var policy = new ApprovalPolicy([.. body.Objects("levels", ApprovalPolicy.MaxLevels).Select(ReadLevel)]);
        if (!policy.IsValid)
        {
            body.Problem("levels", "must be 1 to 10 levels with ascending 'up_to_usd' above 0, of which the last, and no other, has none");
        }

        return policy;
    }

    private static ApprovalLevel ReadLevel(MemberReader level)
    {
        var upTo = level.Usd("up_to_usd");
        if (upTo > NanoUsd.MaxAmount)
        {
            level.Problem("up_to_usd", "is more than anybody can ask for");
        }

        var roles = level.Texts("roles", DecidingRoles.Length, DecidingRoles.Max(static r => r.Length)) ?? [];
        if (roles.Count == 0 || roles.Except(DecidingRoles, StringComparer.Ordinal).Any() || roles.Distinct(StringComparer.Ordinal).Count() != roles.Count)
        {
            level.Problem("roles", $"must be one or more of {string.Join(", ", DecidingRoles)}, each once");
        }

        var approvals = level.Whole("approvals", 1, ApprovalLevel.MaxApprovals) ?? 1;
        return new ApprovalLevel(upTo, roles.Count == 0 ? DecidingRoles : roles, (int)approvals);
    }
}
