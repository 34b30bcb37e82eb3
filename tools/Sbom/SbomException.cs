namespace Loomflow.Aspire.Sbom;

/// <summary>Why there is no bill of materials, for who builds.</summary>
internal sealed class SbomException(string message) : Exception(message);
