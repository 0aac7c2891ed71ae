namespace AiOrchestrator.Core.Metering;
/// <summary>placeholder until metering lands</summary>
public sealed class ModelPrice;
