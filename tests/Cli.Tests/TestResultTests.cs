using Loomflow.Aspire.Cli.Testing;

namespace Loomflow.Aspire.Cli.Tests;

public sealed class TestResultTests
{
    private static readonly TestProject[] s_projects = [new("/x/tests/Loomflow.Tests/Loomflow.Tests.csproj", false), new("/x/standins/tests/Grpc.Tests/Grpc.Tests.csproj", false)];

    [Fact]
    public void TrxFile_CountsEachOutcome_AndKeepsMessagesAndReasons()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, """
            <TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">
              <Results>
                <UnitTestResult testName="A" outcome="Passed" />
                <UnitTestResult testName="B" outcome="Failed"><Output><ErrorInfo><Message>should be 1</Message><StackTrace>at B()</StackTrace></ErrorInfo></Output></UnitTestResult>
                <UnitTestResult testName="C" outcome="NotExecuted"><Output><ErrorInfo><Message>No Python</Message></ErrorInfo></Output></UnitTestResult>
                <UnitTestResult testName="D" outcome="Timeout" />
              </Results>
            </TestRun>
            """);

        var outcome = TrxFile.Read(file);

        File.Delete(file);
        outcome.ToString().ShouldBe("1 passed, 2 failed, 1 skipped");
        outcome.Failures.ShouldBe([new FailedTest("B", "should be 1\nat B()"), new FailedTest("D", "ended as Timeout")]);
        outcome.SkipReasons.ShouldBe(["No Python"]);
    }

    [Fact]
    public void Filter_WithoutWords_IsEverything()
    {
        var filter = TestFilter.Of([], s_projects);

        filter.Projects.ShouldBe(s_projects);
        filter.IsNarrow.ShouldBeFalse();
        filter.Expression.ShouldBeEmpty();
    }

    [Fact]
    public void Filter_ThatIsPartOfAProjectsName_IsThatProject()
    {
        var filter = TestFilter.Of(["grpc"], s_projects);

        filter.Projects.ShouldBe([s_projects[1]]);
        filter.IsNarrow.ShouldBeTrue();
        filter.Expression.ShouldBeEmpty();
    }

    [Fact]
    public void Filter_WithAProjectAndOtherWords_IsThoseTestsOfIt()
    {
        var filter = TestFilter.Of(["Grpc", "Deadline", "Cancel"], s_projects);

        filter.Projects.ShouldBe([s_projects[1]]);
        filter.Expression.ShouldBe("FullyQualifiedName~Deadline|FullyQualifiedName~Cancel");
    }
}
