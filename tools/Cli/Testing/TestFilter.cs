namespace Loomflow.Aspire.Cli.Testing;

/// <summary>Which tests to run: each word is part of a project's name, or else part of a test's.</summary>
internal sealed record TestFilter(IReadOnlyList<TestProject> Projects, IReadOnlyList<string> Tests)
{
    /// <summary>Whether some projects are left out.</summary>
    public bool IsNarrow { get; private init; }

    /// <summary>In the form of <c>dotnet test --filter</c>; empty for all.</summary>
    public string Expression => string.Join('|', Tests.Select(test => $"FullyQualifiedName~{test}"));

    public static TestFilter Of(IReadOnlyList<string> words, IReadOnlyList<TestProject> all)
    {
        var named = all.Where(project => words.Any(word => IsIn(project, word))).ToArray();
        var tests = words.Where(word => !all.Any(project => IsIn(project, word))).ToArray();
        return new TestFilter(named.Length > 0 ? named : all, tests) { IsNarrow = named.Length > 0 };
    }

    private static bool IsIn(TestProject project, string word) => project.Name.Contains(word, StringComparison.OrdinalIgnoreCase);
}
