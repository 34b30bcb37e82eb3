namespace Loomflow;

/// <summary>A step that a worker hosts.</summary>
internal interface IRemoteStep
{
    string Hosted { get; }
}
