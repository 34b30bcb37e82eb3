using Microsoft.AspNetCore.Http;

namespace Loomflow.Aspire.ServiceDefaults.Callers;

/// <summary>A call was turned away for who makes it, or for whom.</summary>
public sealed class CallerRefusedException : Exception
{
    private CallerRefusedException(int status, string type, string message, Exception? inner = null) : base(message, inner) => (Status, Type) = (status, type);

    /// <summary>The HTTP status.</summary>
    public int Status { get; }

    /// <summary>The kind of problem, for programs.</summary>
    public string Type { get; }

    internal static CallerRefusedException NotDelegated() =>
        new(StatusCodes.Status403Forbidden, "not_delegated", $"The user is the credential's. Naming another one needs the scope '{UserScopes.Delegate}'.");

    internal static CallerRefusedException NoUser() =>
        new(StatusCodes.Status400BadRequest, "no_user", $"The credential is a whole tenant's: name the user, in the header '{Delegation.Header}' or the body's userId.");

    internal static CallerRefusedException UnfitUser(string problem) =>
        new(StatusCodes.Status400BadRequest, "unfit_user", $"The user id {problem}.");

    internal static CallerRefusedException UnfitCredential(string problem) =>
        new(StatusCodes.Status403Forbidden, "unfit_credential", $"The credential's user or tenant {problem}.");

    internal static CallerRefusedException NotAudited(Exception cause) =>
        new(StatusCodes.Status503ServiceUnavailable, "audit_away", "This is audited before it is done, and the audit log cannot be reached. Try again.", cause);
}
