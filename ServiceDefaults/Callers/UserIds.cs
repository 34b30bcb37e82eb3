using System.Globalization;

namespace Loomflow.Aspire.ServiceDefaults.Callers;

/// <summary>User ids and tenants. A user of a tenant is <c>tenant/user</c> everywhere in the system, so that no two tenants share a user.</summary>
internal static class UserIds
{
    private const int MaxLength = 200;

    public static string Of(string? tenant, string user) => tenant is null ? user : $"{tenant}{PartitionKey.TenantSeparator}{user}";

    /// <exception cref="ArgumentException">The name cannot be one.</exception>
    public static void Check(string name, string what)
    {
        if (ProblemOf(name) is { } problem) throw new ArgumentException($"The {what} {problem}.");
    }

    public static string? ProblemOf(string name) =>
        name.Length == 0 ? "is empty"
        : name.Length > MaxLength ? $"is longer than {MaxLength} characters"
        : name.Contains(PartitionKey.TenantSeparator) ? $"contains '{PartitionKey.TenantSeparator}', which separates tenants from users"
        : name.Any(IsUnprintable) ? "contains control characters"
        : null;

    // Line breaks of all kinds, and what changes the direction or the look of the text around it.
    private static bool IsUnprintable(char c) => char.GetUnicodeCategory(c) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned;
}
