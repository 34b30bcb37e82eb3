using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Loomflow;

/// <summary>
/// The questions of one run. Has every question and answer written down as an event, and gets the answer from whoever answers for the
/// run; where nobody does, the default is the answer at once, so that a run never waits for a person who cannot come.
/// </summary>
internal sealed class RunApprovals(RunContext context, IApprovals? responder) : IApprovals
{
    /// <summary>Names a question by its place in the run: the same on every attempt, unlike any other.</summary>
    public static string IdOf(string runId, string path, int visit) =>
        $"apr_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{runId}/{path}#{visit}")).AsSpan(0, 12))}";

    private readonly ConcurrentDictionary<string, ApprovalDecision> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _asked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _asking = new(StringComparer.Ordinal);

    /// <summary>Keeps an answer for whoever asks the same question again.</summary>
    public void Know(ApprovalDecided decided) => _known[decided.ApprovalId] = decided.Decision;

    /// <summary>A question is in the journal already: it is asked again without being written down again.</summary>
    public void KnowAsked(string approvalId) => _asked[approvalId] = true;

    /// <summary>Asks on behalf of an agent's tool call.</summary>
    public async ValueTask<ApprovalDecision> RequestAsync(ApprovalRequest request, CancellationToken cancellationToken = default)
    {
        if (_known.TryGetValue(request.ApprovalId, out var known)) return known;
        var path = StepScope.Current?.Path ?? "";
        if (_asked.TryAdd(request.ApprovalId, true)) await context.Events.AppendAsync(new ApprovalRequested { Path = path, Request = request }, cancellationToken).ConfigureAwait(false);
        var decision = await GetAnswerAsync(request, cancellationToken).ConfigureAwait(false);
        if (!_known.TryAdd(request.ApprovalId, decision)) return _known[request.ApprovalId];
        await context.Events.AppendAsync(new ApprovalDecided { Path = path, ApprovalId = request.ApprovalId, Decision = decision }, CancellationToken.None).ConfigureAwait(false);
        return decision;
    }

    ValueTask<ApprovalDecision> IApprovals.AnswerAsync(ApprovalRequest request, CancellationToken cancellationToken)
    {
        KnowAsked(request.ApprovalId);
        return RequestAsync(request, cancellationToken);
    }

    /// <summary>Gets the answer to a question that an approval node has asked.</summary>
    public void Answer(ApprovalRequest request, Action<ApprovalDecision> answered, CancellationToken stopped, CancellationToken released)
    {
        var withdrawn = CancellationTokenSource.CreateLinkedTokenSource(stopped, released);
        _asking[request.ApprovalId] = withdrawn;
        _ = AnswerAsync(request, answered, withdrawn.Token);
    }

    /// <summary>Nobody needs the answer any more.</summary>
    public void Withdraw(string approvalId)
    {
        if (!_asking.TryRemove(approvalId, out var asking)) return;
        asking.Cancel();
        asking.Dispose();
    }

    private async Task AnswerAsync(ApprovalRequest request, Action<ApprovalDecision> answered, CancellationToken cancellationToken)
    {
        try
        {
            answered(await GetAnswerAsync(request, cancellationToken).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Withdrawn.
        }
        catch (Exception failure)
        {
            answered(new ApprovalDecision { Outcome = ApprovalOutcome.Denied, Comment = $"Nobody could be asked: {failure.Message}" });
        }
    }

    private ValueTask<ApprovalDecision> GetAnswerAsync(ApprovalRequest request, CancellationToken cancellationToken) =>
        responder?.RequestAsync(request, cancellationToken)
        ?? new ValueTask<ApprovalDecision>(new ApprovalDecision { Outcome = request.Default, Comment = "Nobody answers for this run." });
}
