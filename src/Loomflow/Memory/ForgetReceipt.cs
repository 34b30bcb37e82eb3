namespace Loomflow;

/// <summary>What was removed.</summary>
/// <param name="Episodes">Episodes removed.</param>
/// <param name="Facts">Facts removed.</param>
/// <param name="Blocks">Working blocks removed.</param>
public readonly record struct ForgetReceipt(int Episodes, int Facts, int Blocks);
