namespace AiOrchestrator.Server.Storage;

/// <summary>Brings a database to the format this program writes (PRAGMA user_version), or refuses it.</summary>
/// <param name="CreateSql">Creates the first format in an empty database.</param>
internal sealed record SqliteFormat(string CreateSql)
{
    /// <summary>SQL that leads from the first format to the second and so on, in order.</summary>
    public IReadOnlyList<string> Migrations { get; init; } = [];

    /// <summary>The number of the first format that is kept. Projections move it: what is older is dropped and built again.</summary>
    public long First { get; init; } = 1;

    /// <summary>Drops a format before <see cref="First"/>; null where everything is kept for ever.</summary>
    public string? DropSql { get; init; }

    /// <summary>The format this program writes.</summary>
    public long Version => First + Migrations.Count;

    /// <summary>Creates or migrates in one transaction.</summary>
    /// <exception cref="StorageException">The database was written by a newer program, or SQLite failed.</exception>
    public void Apply(string path, Func<string, long> queryInt64, Action<string> execute)
    {
        var found = queryInt64("PRAGMA user_version");
        if (found > Version)
        {
            throw new StorageException(
                $"{path} has format {found}, but this program knows formats up to {Version}: start the newer program it was written by.");
        }

        if (found == Version)
        {
            return;
        }

        string[] steps = found == 0 ? [CreateSql, .. Migrations]
            : found < First ? [DropSql!, CreateSql, .. Migrations]
            : [.. Migrations.Skip((int)(found - First))];
        execute("BEGIN IMMEDIATE; " + string.Join("; ", steps) + $"; PRAGMA user_version = {Version}; COMMIT");
    }
}
