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

    // Most runs never ask.
    private ConcurrentDictionary<string, Question> Questions =>
        field ?? Interlocked.CompareExchange(ref field, new ConcurrentDictionary<string, Question>(StringComparer.Ordinal), null) ?? field;

    /// <summary>Keeps an answer for whoever asks the same question again.</summary>
    public void Know(ApprovalDecided decided) => Of(decided.ApprovalId).Decision = decided.Decision;

    /// <summary>A question is in the journal already: it is asked again without being written down again.</summary>
    public void KnowAsked(string approvalId) => Of(approvalId).TryAsk();

    /// <summary>Asks on behalf of an agent's tool call.</summary>
    public async ValueTask<ApprovalDecision> RequestAsync(ApprovalRequest request, CancellationToken cancellationToken = default)
    {
        var question = Of(request.ApprovalId);
        if (question.Decision is { } known) return known;
        var path = StepScope.Current?.Path ?? "";
        if (question.TryAsk()) await context.Events.AppendAsync(new ApprovalRequested { Path = path, Request = request }, cancellationToken).ConfigureAwait(false);
        var decision = await GetAnswerAsync(request, cancellationToken).ConfigureAwait(false);
        if (!question.TryDecide(decision)) return question.Decision!;
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
        Of(request.ApprovalId).Asking = withdrawn;
        _ = AnswerAsync(request, answered, withdrawn.Token);
    }

    /// <summary>Nobody needs the answer any more.</summary>
    public void Withdraw(string approvalId)
    {
        if (Of(approvalId).StopAsking() is not { } asking) return;
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

    private Question Of(string approvalId) => Questions.GetOrAdd(approvalId, static _ => new Question());

    private sealed class Question
    {
        private ApprovalDecision? _decision;
        private CancellationTokenSource? _asking;
        private int _asked;

        public ApprovalDecision? Decision
        {
            get => Volatile.Read(ref _decision);
            set => Volatile.Write(ref _decision, value);
        }

        public CancellationTokenSource Asking
        {
            set => _asking = value;
        }

        public bool TryAsk() => Interlocked.Exchange(ref _asked, 1) == 0;

        public bool TryDecide(ApprovalDecision decision) => Interlocked.CompareExchange(ref _decision, decision, null) is null;

        public CancellationTokenSource? StopAsking() => Interlocked.Exchange(ref _asking, null);
    }
}
