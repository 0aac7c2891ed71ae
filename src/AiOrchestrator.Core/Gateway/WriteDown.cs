namespace AiOrchestrator.Core.Gateway;

/// <summary>Writes down where something lies that a provider has already begun to bill: tried some times, for its caller has no other way to find it.</summary>
internal static class WriteDown
{
    private const int Attempts = 3;

    /// <summary>False where it could not be: then what was begun is charged as any call that breaks off after the provider took it.</summary>
    /// <param name="write">Changes nothing when it is done twice.</param>
    /// <param name="failed">Told of an attempt that failed.</param>
    /// <param name="lost">Told of the last: the one place where the provider's name for it is left.</param>
    public static async Task<bool> TryAsync(Func<Task> write, Action<Exception> failed, Action<Exception> lost)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await write();
                return true;
            }
            catch (Exception failure) when (attempt < Attempts)
            {
                // Safe: what is written twice changes nothing.
                failed(failure);
            }
            catch (Exception failure)
            {
                // Not safe: told to whoever runs this, and to the caller.
                lost(failure);
                return false;
            }
        }
    }
}
