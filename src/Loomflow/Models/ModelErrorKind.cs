namespace Loomflow;

/// <summary>Why a model did not answer; decides between trying again, another model and giving up.</summary>
public enum ModelErrorKind
{
    /// <summary>A passing fault: overload, a broken connection, a fault in the service. Tried again.</summary>
    Transient,

    /// <summary>Too many requests. Tried again, no earlier than the service says.</summary>
    RateLimited,

    /// <summary>A lasting fault with this model, for example that it does not exist. Another model may do.</summary>
    Unavailable,

    /// <summary>The credential was not accepted.</summary>
    Authentication,

    /// <summary>The request was not accepted: too long, malformed, a schema that the service does not take.</summary>
    InvalidRequest,

    /// <summary>The service refused the content.</summary>
    ContentFiltered,
}
