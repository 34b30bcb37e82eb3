using System.Globalization;

namespace Loomflow.Aspire.ServiceDefaults.Callers;

/// <summary>User ids and tenants. A user of a tenant is <c>tenant/user</c> everywhere in the system, so that no two tenants share a user.</summary>
internal static class UserIds
{
    public const char Separator = '/';

    private const int MaxLength = 200;

    public static string Of(string? tenant, string user) => tenant is null ? user : $"{tenant}{Separator}{user}";

    /// <summary>The tenant of a user id, or <see langword="null"/>.</summary>
    public static string? TenantOf(string? userId) =>
        userId?.IndexOf(Separator, StringComparison.Ordinal) is { } end and > 0 ? userId[..end] : null;

    /// <exception cref="ArgumentException">The name cannot be one.</exception>
    public static void Check(string name, string what)
    {
        if (ProblemOf(name) is { } problem) throw new ArgumentException($"The {what} {problem}.");
    }

    public static string? ProblemOf(string name) =>
        name.Length == 0 ? "is empty"
        : name.Length > MaxLength ? $"is longer than {MaxLength} characters"
        : name.Contains(Separator) ? $"contains '{Separator}', which separates tenants from users"
        : name.Any(IsUnprintable) ? "contains control characters"
        : null;

    // Line breaks of all kinds, and what changes the direction or the look of the text around it.
    private static bool IsUnprintable(char c) => char.GetUnicodeCategory(c) is
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.OtherNotAssigned;
}
