namespace Loomflow;

/// <summary>A fact that was found in an episode.</summary>
/// <param name="Subject">Who or what it is about.</param>
/// <param name="Predicate">The relation.</param>
/// <param name="Object">The value of the relation.</param>
/// <param name="Confidence">How certain it is, 0 to 1.</param>
public sealed record ExtractedFact(string Subject, string Predicate, string Object, double Confidence = 1);
