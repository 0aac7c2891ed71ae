namespace AiOrchestrator.Server.Storage;

/// <summary>
/// The data directory cannot be used, or cannot be used any more. The message is one line for the person who started the
/// process; <c>Program</c> prints it and exits.
/// </summary>
internal sealed class StorageException : IOException
{
    public StorageException()
    {
    }

    public StorageException(string message)
        : base(message)
    {
    }

    public StorageException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
