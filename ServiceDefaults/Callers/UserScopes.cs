using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;

namespace Loomflow.Aspire.ServiceDefaults.Callers;

/// <summary>The scopes that a user's credential can have.</summary>
public static class UserScopes
{
    /// <summary>To act for another user, of the same tenant where the credential has one. Every such call is audited.</summary>
    public const string Delegate = "users.delegate";

    /// <summary>To reach what belongs to any user, of the same tenant where the credential has one.</summary>
    public const string Admin = "admin";

    /// <summary>What a user needs for what is their own.</summary>
    public static IReadOnlyList<string> Ordinary { get; } = [Scopes.RunsStart, Scopes.RunsRead, Scopes.ApprovalsAnswer, Scopes.MemoryRead, Scopes.MemoryForget];

    public static IReadOnlyList<string> All { get; } = [.. Ordinary, Scopes.AuditRead, Delegate, Admin];
}
