namespace Loomflow;

/// <summary>What an approval node gives.</summary>
/// <param name="Approved">Whether the answer was yes.</param>
/// <param name="Value">What was asked about, as the responder left it.</param>
/// <param name="Responder">Who answered; <see langword="null"/> when the deadline did.</param>
/// <param name="Comment">Why, in words.</param>
public sealed record Approval<T>(bool Approved, T? Value, string? Responder, string? Comment);
