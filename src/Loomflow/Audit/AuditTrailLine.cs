namespace Loomflow.Audit;

/// <summary>One line of a trail.</summary>
/// <param name="Record">What it says.</param>
/// <param name="Depth">How deep it is nested; 0 for the root run.</param>
/// <param name="Text">Action and what belongs to it, as <c>name=value</c>.</param>
public sealed record AuditTrailLine(AuditRecord Record, int Depth, string Text);
