namespace Loomflow;

/// <summary>A durable timer fired.</summary>
public sealed record TimerFired : RunEvent;
