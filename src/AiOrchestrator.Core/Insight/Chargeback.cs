using System.Runtime.CompilerServices;
using AiOrchestrator.Core.Identity;
using AiOrchestrator.Core.Insight.Refunds;
using AiOrchestrator.Core.Insight.Rerating;
using AiOrchestrator.Core.Insight.Reviews;
using AiOrchestrator.Core.Platform;
using AiOrchestrator.Core.Wallets;

namespace AiOrchestrator.Core.Insight;

/// <summary>A question for a chargeback report that has been understood.</summary>
/// <param name="Query">What to add up.</param>
/// <param name="Columns">The names of the cells in front of the figures.</param>
/// <param name="IsCsv">CSV instead of JSON.</param>
internal sealed record ChargebackReport(ChargebackQuery Query, IReadOnlyList<string> Columns, bool IsCsv);

/// <summary>A row of a report.</summary>
/// <param name="Cells">As many as there are columns.</param>
/// <param name="Row">The figures.</param>
/// <param name="AdjustmentNanoUsd">What the calls were corrected by after they had ended.</param>
internal readonly record struct ChargebackCells(IReadOnlyList<string?> Cells, ChargebackRow Row, long AdjustmentNanoUsd);

/// <summary>What calls cost, by whom they are charged to (WL-13): for whoever sees all of the organisation.</summary>
internal sealed class Chargeback(IUsageStore store, WalletDirectory wallets, RerateLookup reratings, ReviewCharges reviewed, RefundBook refunds)
{
    private const string Words = "wallet, team, cost_centre, key, model, provider or day, several joined with ','";

    /// <summary>Understands a question.</summary>
    public Result<ChargebackReport> Read(Caller caller, QueryReader parameters, string accept)
    {
        var from = Hour(parameters, "from");
        var until = Hour(parameters, "to");
        if (from >= until)
        {
            parameters.Problem("to", "must be later than 'from'");
        }

        var groups = Groups(parameters);
        var walletId = parameters.Text("wallet");
        var format = parameters.Text("format");
        if (format is not (null or "json" or "csv"))
        {
            parameters.Problem("format", "must be json or csv");
        }

        if (parameters.Finish() is { } invalid)
        {
            return invalid;
        }

        if (!caller.SeesAll)
        {
            return PermissionDenied.NotYours;
        }

        if (walletId is not null && wallets.Get(caller.OrganisationId, walletId) is null)
        {
            return new WalletNotFound();
        }

        var isCsv = format is null ? accept.Contains("text/csv", StringComparison.OrdinalIgnoreCase) : format == "csv";
        return Report(caller.OrganisationId, groups, from, until, walletId, isCsv);
    }

    /// <summary>A report whose members are known to be good.</summary>
    public ChargebackReport Report(
        string organisationId, IReadOnlyList<ChargebackGroup> groups, long? fromHour, long? untilHour, string? walletId, bool isCsv)
    {
        var query = new ChargebackQuery(organisationId)
        {
            GroupBy = groups,
            TeamOf = TeamsOf(organisationId),
            FromHour = fromHour,
            UntilHour = untilHour,
            WalletId = walletId,
        };
        return new ChargebackReport(query, [.. groups.SelectMany(Columns)], isCsv);
    }

    /// <summary>The rows of a report, as they are read.</summary>
    public async IAsyncEnumerable<ChargebackCells> RowsAsync(ChargebackReport report, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var read = new ChargebackAdjustments(report.Query);
        await reratings.AddAsync(read, cancellation);
        await reviewed.AddAsync(read, cancellation);
        await refunds.AddAsync(read, cancellation);
        var adjustments = read.Sums;
        await foreach (var row in store.ChargebackAsync(report.Query, cancellation))
        {
            _ = adjustments.Remove(new ChargebackKeys(row.Keys), out var adjustmentNanoUsd);
            yield return new ChargebackCells(Cells(report, row.Keys), row, adjustmentNanoUsd);
        }

        // Calls that cannot be found any more were corrected all the same.
        foreach (var (keys, adjustmentNanoUsd) in adjustments.Where(static a => a.Value != 0))
        {
            yield return new ChargebackCells(Cells(report, keys.All), new ChargebackRow(keys.All, 0, 0, 0, 0), adjustmentNanoUsd);
        }
    }

    private List<string?> Cells(ChargebackReport report, IReadOnlyList<string?> keys)
    {
        var cells = new List<string?>(report.Columns.Count);
        for (var i = 0; i < keys.Count; i++)
        {
            cells.Add(keys[i]);
            if (report.Query.GroupBy[i] is ChargebackGroup.Wallet or ChargebackGroup.Team)
            {
                cells.Add(keys[i] is { } id ? wallets.Get(report.Query.OrganisationId, id)?.Name : null);
            }
        }

        return cells;
    }

    private static string[] Columns(ChargebackGroup group) => group switch
    {
        ChargebackGroup.Wallet => ["wallet", "wallet_name"],
        ChargebackGroup.Team => ["team", "team_name"],
        ChargebackGroup.CostCentre => ["cost_centre"],
        ChargebackGroup.Key => ["key"],
        ChargebackGroup.Model => ["model"],
        ChargebackGroup.Provider => ["provider"],
        _ => ["day"],
    };

    private static ChargebackGroup? Group(string word) => word switch
    {
        "wallet" => ChargebackGroup.Wallet,
        "team" => ChargebackGroup.Team,
        "cost_centre" => ChargebackGroup.CostCentre,
        "key" => ChargebackGroup.Key,
        "model" => ChargebackGroup.Model,
        "provider" => ChargebackGroup.Provider,
        "day" => ChargebackGroup.Day,
        _ => null,
    };

    private static IReadOnlyList<ChargebackGroup> Groups(QueryReader parameters)
    {
        var groups = new List<ChargebackGroup>();
        foreach (var word in (parameters.Text("group_by") ?? "wallet").Split(','))
        {
            if (Group(word) is not { } group || groups.Contains(group))
            {
                parameters.Problem("group_by", $"must be {Words}, each once");
                return [ChargebackGroup.Wallet];
            }

            groups.Add(group);
        }

        return groups;
    }

    /// <summary>Calls are added up by hours: other bounds would be answered wrongly.</summary>
    internal static long? Hour(QueryReader parameters, string name)
    {
        if (parameters.MomentOrDay(name) is not { } unixMs)
        {
            return null;
        }

        if (unixMs % ChargebackQuery.HourMs != 0)
        {
            parameters.Problem(name, "must be a full hour of UTC, or a date");
            return null;
        }

        return ChargebackQuery.HourOf(unixMs);
    }

    /// <summary>Finds the team of a path in an organisation.</summary>
    public Func<string, string> TeamsOf(string organisationId) => path => TeamOf(organisationId, path);

    /// <summary>The nearest team or department on a path; where no wallet says it is one, the wallet right below the top, or the top alone.</summary>
    private string TeamOf(string organisationId, string path)
    {
        var ids = path.Split('/');
        return ids.FirstOrDefault(id => wallets.Get(organisationId, id)?.Kind is WalletKinds.Team or WalletKinds.Department)
            ?? ids[Math.Max(0, ids.Length - 2)];
    }
}
