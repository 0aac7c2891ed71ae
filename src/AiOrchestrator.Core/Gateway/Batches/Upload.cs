namespace AiOrchestrator.Core.Gateway.Batches;

/// <summary>A form with a file, of which the file was put aside.</summary>
/// <param name="FileName">What the caller calls it.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="Fields">All the form has beside the file, in order.</param>
internal sealed record Upload(string FileName, long Bytes, string Purpose, IReadOnlyList<KeyValuePair<string, string>> Fields);
