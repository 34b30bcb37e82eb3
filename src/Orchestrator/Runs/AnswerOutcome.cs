namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>What came of an answer to a question.</summary>
internal enum AnswerOutcome
{
    Accepted,
    NoSuchRun,
    NotOpen,
    NotAResponder,
}
