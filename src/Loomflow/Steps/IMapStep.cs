namespace Loomflow;

/// <summary>A step that is carried out once for each element of a list.</summary>
internal interface IMapStep
{
    Step Element { get; }
}
