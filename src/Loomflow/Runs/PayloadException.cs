namespace Loomflow;

/// <summary>A value could not be written as JSON, or JSON could not be read as the type that a step declares.</summary>
public sealed class PayloadException : Exception
{
    /// <summary>Creates the exception.</summary>
    public PayloadException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }
}
