namespace Aspire.Hosting.Run;

/// <summary>One running copy of a resource.</summary>
/// <param name="Id">How logs and states call it: the resource's name, with a suffix where there are several.</param>
/// <param name="Suffix">What tells it from the others.</param>
/// <param name="Ports">The port that it listens on, by endpoint name.</param>
internal sealed record Replica(string Id, string Suffix, IReadOnlyDictionary<string, ReservedPort> Ports);
