namespace Loomflow.Behaviour;

/// <summary>A run that an engine has started, and what can be done to it from outside.</summary>
public interface IEngineRun
{
    /// <summary>Every event that the run's stream shows, when the stream has ended.</summary>
    Task<IReadOnlyList<RunEvent>> EventsAsync();

    Task SignalAsync(string name, object? data);

    /// <summary>Waits for a question that is open.</summary>
    Task<ApprovalRequest> NextApprovalAsync();

    Task AnswerAsync(string approvalId, ApprovalDecision decision);

    Task CancelAsync(string reason);
}
