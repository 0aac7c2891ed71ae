using System.Text.Json.Serialization;

namespace AiOrchestrator.Core.Identity;

/// <summary>What an API key may do beside calling models, from least to most.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Role>))]
public enum Role
{
    /// <summary>Calls models and sees what is its own.</summary>
    [JsonStringEnumMemberName("member")] Member,

    /// <summary>As a member; decides for the wallets of its team where an endpoint says so.</summary>
    [JsonStringEnumMemberName("team_lead")] TeamLead,

    /// <summary>Sees all of the organisation's usage and money, changes nothing of it.</summary>
    [JsonStringEnumMemberName("finops")] Finops,

    /// <summary>Sees all of the organisation, changes nothing.</summary>
    [JsonStringEnumMemberName("auditor")] Auditor,

    /// <summary>Administers.</summary>
    [JsonStringEnumMemberName("admin")] Admin,

    /// <summary>Administers, owners' keys included. The admin key is one.</summary>
    [JsonStringEnumMemberName("owner")] Owner,
}

/// <summary>Roles as they are written.</summary>
internal static class Roles
{
    public const string Words = "member, team_lead, finops, auditor, admin or owner";

    public static string Word(Role role) => role switch
    {
        Role.Member => "member",
        Role.TeamLead => "team_lead",
        Role.Finops => "finops",
        Role.Auditor => "auditor",
        Role.Admin => "admin",
        _ => "owner",
    };

    public static Role? Parse(string word) => word switch
    {
        "member" => Role.Member,
        "team_lead" => Role.TeamLead,
        "finops" => Role.Finops,
        "auditor" => Role.Auditor,
        "admin" => Role.Admin,
        "owner" => Role.Owner,
        _ => null,
    };
}
