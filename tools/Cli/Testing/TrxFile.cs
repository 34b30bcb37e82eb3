using System.Xml.Linq;

namespace Loomflow.Aspire.Cli.Testing;

/// <summary>The results that <c>dotnet test --logger trx</c> writes.</summary>
internal static class TrxFile
{
    private const int StackLines = 6;

    private static readonly XNamespace s_trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    public static TestOutcome Read(string path)
    {
        var results = XDocument.Load(path).Descendants(s_trx + "UnitTestResult").ToArray();
        var passed = results.Count(result => Outcome(result) is "Passed");
        var skipped = results.Where(result => Outcome(result) is "NotExecuted").ToArray();
        var failures = results.Where(result => Outcome(result) is not ("Passed" or "NotExecuted")).Select(Failure).ToArray();
        return new TestOutcome(passed, failures.Length, skipped.Length)
        {
            Failures = failures,
            SkipReasons = [.. skipped.Select(Reason).Where(reason => reason.Length > 0).Distinct()],
        };
    }

    private static string? Outcome(XElement result) => result.Attribute("outcome")?.Value;

    private static FailedTest Failure(XElement result)
    {
        var error = result.Descendants(s_trx + "ErrorInfo").FirstOrDefault();
        var stack = (error?.Element(s_trx + "StackTrace")?.Value ?? "").Split('\n').Where(line => line.Trim().Length > 0).Take(StackLines);
        return new FailedTest(
            result.Attribute("testName")?.Value ?? "?",
            string.Join('\n', stack.Select(line => line.TrimEnd()).Prepend(error?.Element(s_trx + "Message")?.Value.Trim() ?? $"ended as {Outcome(result)}")));
    }

    // xunit writes the reason to the standard output of the result, the logger to the message of its error.
    private static string Reason(XElement result) =>
        (result.Descendants(s_trx + "Message").FirstOrDefault() ?? result.Descendants(s_trx + "StdOut").FirstOrDefault())?.Value.Trim() ?? "";
}
