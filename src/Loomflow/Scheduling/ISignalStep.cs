namespace Loomflow;

/// <summary>A step that waits for a signal.</summary>
internal interface ISignalStep
{
    string Signal { get; }
}
