using System.Text.Json.Serialization;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;
using Microsoft.Extensions.DependencyInjection;

namespace AiOrchestrator.Core.Traffic.Configuration;

/// <summary>Whose calls something is said of, the widest first: a later one is more specific.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Level>))]
public enum Level
{
    /// <summary>Everybody's.</summary>
    [JsonStringEnumMemberName("global")] Global,

    /// <summary>The organisation's.</summary>
    [JsonStringEnumMemberName("company")] Company,

    /// <summary>Calls paid from a wallet or from one below it; of two wallets of a path the lower one is more specific.</summary>
    [JsonStringEnumMemberName("team")] Team,

    /// <summary>A person's or service's; a key without a user is its own.</summary>
    [JsonStringEnumMemberName("user")] User,
}

/// <summary>Whose calls are meant.</summary>
/// <param name="Level">Of what kind they are.</param>
/// <param name="Subject">The organisation, a wallet or a user, by id; <c>*</c> for everybody.</param>
internal readonly record struct LevelSubject(Level Level, string Subject)
{
    /// <summary>The subject of <see cref="Level.Global"/>.</summary>
    public const string Everybody = "*";

    private const int MaxSubject = 200;

    /// <summary>Who says it, in a sentence.</summary>
    public string Who => Level switch
    {
        Level.Global => "the installation",
        Level.Company => "the company",
        Level.Team => $"the team '{Subject}'",
        _ => $"the user '{Subject}'",
    };

    /// <summary>A level as it is written.</summary>
    public static string Word(Level level) => level switch
    {
        Level.Global => "global",
        Level.Company => "company",
        Level.Team => "team",
        _ => "user",
    };

    /// <summary>Reads the members <c>level</c> and <c>subject</c>. A team must be there, a user may be named before there is one.</summary>
    public static LevelSubject Read(MemberReader body, PartRequest request, bool allowsGlobal)
    {
        var words = allowsGlobal ? "global, company, team or user" : "company, team or user";
        var word = body.Text("level", 20, required: true);
        Level? level = word switch
        {
            "global" when allowsGlobal => Level.Global,
            "company" => Level.Company,
            "team" => Level.Team,
            "user" => Level.User,
            _ => null,
        };
        if (word is not null && level is null)
        {
            body.Problem("level", $"must be {words}");
        }

        var subject = body.Text("subject", MaxSubject);
        return level switch
        {
            Level.Global => new LevelSubject(Level.Global, Fixed(body, subject, Everybody, "leave it out: everybody is meant")),
            Level.Company => new LevelSubject(Level.Company, Fixed(body, subject, request.OrganisationId, "names no organisation of yours; leave it out")),
            Level.Team => new LevelSubject(Level.Team, Team(body, subject, request)),
            Level.User => new LevelSubject(Level.User, Required(body, subject, "is required: the user, as a key's 'user_id' has it, or the key's id")),
            _ => default,
        };
    }

    private static string Fixed(MemberReader body, string? subject, string only, string problem)
    {
        if (subject is not null && subject != only)
        {
            body.Problem("subject", problem);
        }

        return only;
    }

    private static string Team(MemberReader body, string? subject, PartRequest request)
    {
        var wallet = Required(body, subject, "is required: the wallet of the team");
        if (wallet.Length > 0 && request.Services.GetRequiredService<WalletDirectory>().Get(request.OrganisationId, wallet) is null)
        {
            body.Problem("subject", "names no wallet of this organisation");
        }

        return wallet;
    }

    private static string Required(MemberReader body, string? subject, string problem)
    {
        if (subject is null && !body.HasProblems)
        {
            body.Problem("subject", problem);
        }

        return subject ?? "";
    }
}

/// <summary>Things said at several levels, found from the most specific to the widest.</summary>
/// <typeparam name="T">What is said of one subject.</typeparam>
/// <param name="said">By whose calls it is said of.</param>
internal sealed class Levels<T>(System.Collections.Frozen.FrozenDictionary<LevelSubject, T> said)
    where T : class
{
    /// <summary>How many places there are for a call: its user, the wallets of its path, the organisation, everybody.</summary>
    public static int PlacesOf(IReadOnlyList<string> walletIds) => walletIds.Count + 3;

    /// <summary>Whether nobody says anything.</summary>
    public bool IsEmpty => said.Count == 0;

    /// <summary>What is said of one subject; null for nothing.</summary>
    public T? At(LevelSubject subject) => said.GetValueOrDefault(subject);

    /// <summary>What is said at a place of a call, 0 being the most specific; null for nothing. Does not allocate.</summary>
    /// <param name="place">0 to <see cref="PlacesOf"/>, exclusive.</param>
    /// <param name="organisationId">Whose call.</param>
    /// <param name="userId">Its user.</param>
    /// <param name="walletIds">Its path, leaf to root.</param>
    public T? At(int place, string organisationId, string userId, IReadOnlyList<string> walletIds) =>
        At(place == 0 ? new LevelSubject(Level.User, userId)
            : place <= walletIds.Count ? new LevelSubject(Level.Team, walletIds[place - 1])
            : place == walletIds.Count + 1 ? new LevelSubject(Level.Company, organisationId)
            : new LevelSubject(Level.Global, LevelSubject.Everybody));
}
