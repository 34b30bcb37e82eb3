namespace Loomflow.Aspire.Sbom;

/// <summary>What a component is to the product.</summary>
internal enum Scope
{
    /// <summary>It goes along with the product.</summary>
    Required,

    /// <summary>The product asks for it later, where it is used.</summary>
    Optional,

    /// <summary>The build needed it.</summary>
    Excluded,
}
