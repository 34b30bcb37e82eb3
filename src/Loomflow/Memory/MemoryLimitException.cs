namespace Loomflow;

/// <summary>A write would take a memory past one of its bounds.</summary>
public sealed class MemoryLimitException : Exception
{
    /// <summary>Creates the exception.</summary>
    public MemoryLimitException(string message) : base(message)
    {
    }
}
