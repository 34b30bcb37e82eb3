namespace Loomflow;

/// <summary>What agents remember: one contract for every store, in this process or shared by all.</summary>
public interface IMemory
{
}
