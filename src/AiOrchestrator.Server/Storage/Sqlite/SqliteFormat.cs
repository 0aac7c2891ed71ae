namespace AiOrchestrator.Server.Storage;

/// <summary>Brings a database to the format this program writes (PRAGMA user_version), or refuses it.</summary>
/// <param name="CreateSql">Creates format 1 in an empty database.</param>
internal sealed record SqliteFormat(string CreateSql)
{
    /// <summary>SQL that leads from format n + 1 to n + 2, in order. Empty as long as there is only format 1.</summary>
    public IReadOnlyList<string> Migrations { get; init; } = [];

    /// <summary>The format this program writes.</summary>
    public long Version => 1 + Migrations.Count;

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

        var steps = found == 0 ? [CreateSql, .. Migrations] : Migrations.Skip((int)found - 1);
        execute("BEGIN IMMEDIATE; " + string.Join("; ", steps) + $"; PRAGMA user_version = {Version}; COMMIT");
    }
}
