using System.Runtime.InteropServices;
using SQLitePCL;

namespace AiOrchestrator.Server.Storage;

/// <summary>Binds SQLitePCLRaw to the operating system's own SQLite, which the operating system patches (design §6).</summary>
internal static class SqliteLibrary
{
    // UPSERT, which the projections rely on, came with 3.24.0 (2018).
    private const int OldestVersion = 3_024_000;

    private static readonly Lazy<nint> Bound = new(Bind);
    private static readonly Lazy<SystemErrno?> Errno = new(FindSystemErrno);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int SystemErrno(nint database);

    private static string FileName =>
        OperatingSystem.IsWindows() ? "winsqlite3.dll" : OperatingSystem.IsMacOS() ? "libsqlite3.dylib" : "libsqlite3.so.0";

    /// <summary>Loads the library once per process.</summary>
    /// <exception cref="StorageException">There is none, or it is too old.</exception>
    public static void Ensure() => _ = Bound.Value;

    /// <summary>The operating system's error number behind a connection's last failure; 0 when it cannot be known.</summary>
    public static int LastSystemErrno(sqlite3 database) => Errno.Value?.Invoke(database.DangerousGetHandle()) ?? 0;

    private static nint Bind()
    {
        if (!NativeLibrary.TryLoad(FileName, out var library))
        {
            throw new StorageException(
                $"SQLite is not installed: {FileName} was not found. On Debian and Ubuntu: apt-get install libsqlite3-0.");
        }

        NativeLibrary.SetDllImportResolver(
            typeof(SQLite3Provider_e_sqlite3).Assembly,
            (name, _, _) => string.Equals(name, "e_sqlite3", StringComparison.Ordinal) ? library : 0);
        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        if (raw.sqlite3_libversion_number() < OldestVersion || raw.sqlite3_threadsafe() == 0)
        {
            throw new StorageException(
                $"SQLite {raw.sqlite3_libversion().utf8_to_string()} ({FileName}) cannot be used: 3.24.0 or newer, built for threads, is needed.");
        }

        return library;
    }

    private static SystemErrno? FindSystemErrno() =>
        NativeLibrary.TryGetExport(Bound.Value, "sqlite3_system_errno", out var address)
            ? Marshal.GetDelegateForFunctionPointer<SystemErrno>(address)
            : null;
}
