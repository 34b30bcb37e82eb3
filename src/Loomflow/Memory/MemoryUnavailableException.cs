namespace Loomflow;

/// <summary>A memory store could not be reached, or did not answer in time.</summary>
public sealed class MemoryUnavailableException : Exception
{
    /// <summary>Creates the exception.</summary>
    public MemoryUnavailableException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }
}
