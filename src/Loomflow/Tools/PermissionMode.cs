namespace Loomflow;

/// <summary>Which tool calls need somebody's consent.</summary>
public enum PermissionMode
{
    /// <summary>Calls that change something are asked about.</summary>
    Default,

    /// <summary>Only calls that cannot be undone are asked about.</summary>
    AcceptEdits,

    /// <summary>No call is asked about. The deny list still holds.</summary>
    Bypass,

    /// <summary>Every call that is not on the allow list is asked about.</summary>
    Strict,
}
