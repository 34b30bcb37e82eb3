namespace Loomflow;

/// <summary>A step that waits for time to pass.</summary>
internal interface IDelayStep
{
    TimeSpan Duration { get; }
}
