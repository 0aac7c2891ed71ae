namespace AiOrchestrator.Core.Gateway;

/// <summary>What a call waits for before it is sent.</summary>
public enum Durability
{
    /// <summary>Its start is on disk.</summary>
    Strict,

    /// <summary>Its start is on its way to disk: a crash of the machine in that instant can lose the charge of calls under way.</summary>
    Relaxed,
}

/// <summary>Whose word it is when models end.</summary>
public enum ModelDates
{
    /// <summary>The registry's that ships with the product, and the organisation's over it.</summary>
    Shipped,

    /// <summary>The organisation's alone.</summary>
    Own,
}

/// <summary>Section <c>Gateway</c>.</summary>
public sealed class GatewayOptions
{
    /// <summary>Largest request body, in bytes. Default 33554432 (32 MiB); 1024 to 1073741824.</summary>
    public int MaxBodyBytes { get; set; } = 32 * 1024 * 1024;

    /// <summary>Largest total of a request's headers, in bytes. Default 32768; 4096 to 98304.</summary>
    public int MaxHeaderBytes { get; set; } = 32 * 1024;

    /// <summary>Largest file that is uploaded, in bytes. Default 209715200 (200 MiB); 1024 to 2147483647.</summary>
    public int MaxFileBytes { get; set; } = 200 * 1024 * 1024;

    /// <summary>How long a request body may take to arrive, in milliseconds. Default 60000; 1000 to 600000.</summary>
    public int BodyTimeoutMs { get; set; } = 60_000;

    /// <summary>Largest answer that is not streamed, in bytes. Default 67108864 (64 MiB); 1024 to 1073741824.</summary>
    public int MaxAnswerBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Largest single event of a stream, in bytes. Default 8388608 (8 MiB); 1024 to 1073741824.</summary>
    public int MaxEventBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>How long a stream may be silent before a comment is written into it, in milliseconds. Default 15000; 0 (never) to 600000.</summary>
    public int KeepAliveMs { get; set; } = 15_000;

    /// <summary>How long running calls may go on after a stop was asked for, in milliseconds. Default 25000; 0 to 600000.</summary>
    public int DrainTimeoutMs { get; set; } = 25_000;

    /// <summary>Most answers read on at once though their clients have gone. Default 64; 0 to 100000.</summary>
    public int MaxDrains { get; set; } = 64;

    /// <summary>Whether a call waits until its start is on disk. Default <c>strict</c>; or <c>relaxed</c>.</summary>
    public Durability Durability { get; set; } = Durability.Strict;

    /// <summary>Whether the shipped registry says when models end and what takes their place. Default <c>shipped</c>; or <c>own</c>: only the organisation does.</summary>
    public ModelDates ModelDates { get; set; } = ModelDates.Shipped;

    /// <summary>Everything that is out of bounds, one line each.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        Check(nameof(MaxBodyBytes), MaxBodyBytes, 1024, 1_073_741_824);
        Check(nameof(MaxFileBytes), MaxFileBytes, 1024, int.MaxValue);
        Check(nameof(MaxHeaderBytes), MaxHeaderBytes, 4096, 98_304);
        Check(nameof(BodyTimeoutMs), BodyTimeoutMs, 1000, 600_000);
        Check(nameof(MaxAnswerBytes), MaxAnswerBytes, 1024, 1_073_741_824);
        Check(nameof(MaxEventBytes), MaxEventBytes, 1024, 1_073_741_824);
        Check(nameof(KeepAliveMs), KeepAliveMs, 0, 600_000);
        Check(nameof(DrainTimeoutMs), DrainTimeoutMs, 0, 600_000);
        Check(nameof(MaxDrains), MaxDrains, 0, 100_000);
        return errors;

        void Check(string name, int value, int min, int max)
        {
            if (value < min || value > max)
            {
                errors.Add($"Gateway:{name} is {value}: it must be {min} to {max}");
            }
        }
    }
}
