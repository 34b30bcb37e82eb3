namespace Loomflow.Audit;

/// <summary>The verdict on the bytes of one record.</summary>
public enum RecordFinding
{
    /// <summary>They are not a record.</summary>
    Malformed,

    /// <summary>The authentication code is wrong.</summary>
    BadMac,

    /// <summary>The record names a key that the verifier lacks.</summary>
    UnknownKey,

    /// <summary>A record; the verifier has no secret to check its code with.</summary>
    Unchecked,

    /// <summary>A record with the right authentication code.</summary>
    Genuine,
}
