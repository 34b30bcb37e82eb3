namespace Loomflow.Audit;

/// <summary>Who acted.</summary>
public static class AuditActor
{
    /// <summary>The workflow engine.</summary>
    public const string Workflow = "workflow";

    /// <summary>A person.</summary>
    public const string User = "user";

    /// <summary>The framework or a service.</summary>
    public const string System = "system";

    /// <summary>A language model.</summary>
    public const string Model = "model";
}
