using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Execution;

/// <summary>
/// The stream of one orchestrator: reads what it says and passes it on to executions, writes what they say, and says that this worker is
/// alive. When it ends, whichever way, the orchestrator has left all of its executions.
/// </summary>
/// <param name="executions">What is carried out here.</param>
/// <param name="expires">When the credential ends that the orchestrator has opened the stream with.</param>
/// <param name="maxMessageBytes">The largest message that this worker takes.</param>
/// <param name="heartbeat">How often to say something.</param>
internal sealed partial class OrchestratorStream(
    ExecutionRegistry executions, DateTimeOffset? expires, int maxMessageBytes, TimeSpan heartbeat, TimeProvider time, ILogger logger)
{
    private const int MaxWindowBytes = 16 * 1024 * 1024;

    private static readonly TimeSpan s_leaving = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<long, Attachment> _attachments = new();
    private readonly long _openedAt = time.GetTimestamp();
    private readonly BatchWriter<Report> _writer = new();
    private TimeSpan? _startsWithin;
    private CancellationToken _gone;

    /// <summary>How many bytes of an execution's reports may be on their way.</summary>
    public int Window { get; private set; }

    /// <summary>The largest report that the orchestrator takes.</summary>
    public int MaxReportBytes => _writer.MaxItemBytes;

    /// <summary>Carries the stream until either side ends it.</summary>
    /// <exception cref="RpcException">The orchestrator does not keep to the protocol.</exception>
    public async Task RunAsync(IAsyncStreamReader<ExecuteRequest> requests, IServerStreamWriter<ExecuteReply> replies, CancellationToken cancellationToken)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, executions.Over);
        _gone = gone.Token;
        if (!await requests.MoveNext(_gone) || requests.Current.Instructions is not [{ Opening: { } opening }, ..]) throw Invalid("The first message must be 'opening'.");
        Open(opening);
        using var listening = executions.Listen(this);
        var writing = WriteAsync(replies, gone);
        try
        {
            await using var alive = time.CreateTimer(_ => Say(new Report { Alive = new Alive() }), null, heartbeat, heartbeat);
            do
            {
                foreach (var instruction in requests.Current.Instructions) Take(instruction);
            }
            while (await requests.MoveNext(_gone));
        }
        catch (OperationCanceledException) when (executions.Over.IsCancellationRequested)
        {
            // Everything was told, or there was no more time for it.
        }
        finally
        {
            await gone.CancelAsync();
            foreach (var attachment in _attachments.Values) attachment.Leave();
            _writer.Complete();
            await writing.WaitAsync(s_leaving, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>How long the stream has been open, in milliseconds.</summary>
    private long Clock => (long)time.GetElapsedTime(_openedAt).TotalMilliseconds;

    public void Say(Report report) => _writer.Add(report);

    /// <summary>Tells the orchestrator to begin nothing new here, and to end the stream when it has heard what it waits for.</summary>
    public void SayDraining() => Say(new Report { Draining = new Draining() });

    public void Forget(long number) => _attachments.TryRemove(number, out _);

    private void Open(Opening opening)
    {
        if (opening.MaxMessageBytes < 1024 || opening.WindowBytes is < 1 or > MaxWindowBytes)
        {
            throw Invalid($"'opening' must say what the orchestrator takes: max_message_bytes from 1024, window_bytes from 1 to {MaxWindowBytes}.");
        }

        (Window, _startsWithin) = (opening.WindowBytes, opening.StartsWithin?.ToTimeSpan());
        _writer.KeepTo(opening.MaxMessageBytes);
        var welcome = new Welcome { MaxMessageBytes = maxMessageBytes };
        if (expires is { } end) welcome.TakesStartsFor = TimeSpan.FromTicks(Math.Max(0, (end - time.GetUtcNow()).Ticks)).ToDuration();
        Say(new Report { Welcome = welcome });
    }

    private void Take(Instruction instruction)
    {
        if (instruction.MessageCase == Instruction.MessageOneofCase.Start)
        {
            var attachment = new Attachment(this, instruction.Execution);
            if (instruction.Execution < 1 || !_attachments.TryAdd(instruction.Execution, attachment)) throw Invalid($"{instruction.Execution} cannot be the number of a new execution.");
            _ = StartAsync(instruction.Start, attachment);
        }
        else if (_attachments.TryGetValue(instruction.Execution, out var attachment))
        {
            attachment.Take(instruction);
        }

        // About any other there is nothing more to say: its last word is on its way.
    }

    private async Task StartAsync(StartExecution start, Attachment attachment)
    {
        try
        {
            if (expires < time.GetUtcNow()) throw new RpcException(new Status(StatusCode.Unauthenticated, "The credential has expired that this stream was opened with."));
            if (Clock - start.Clock > _startsWithin?.TotalMilliseconds)
            {
                throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"The start is {Clock - start.Clock} ms old, and the run may be another orchestrator's by now."));
            }

            if (start.Run is null || start.Run.RunId.Length == 0) throw Invalid("'start' names no run.");
            if (start.Step.Length == 0 || start.Path.Length == 0) throw Invalid("'start' must name the step and its path.");
            if (start.Visit < 1 || start.Attempt < 1) throw Invalid("Visits and attempts are counted from 1.");
            attachment.Attached(await executions.AttachAsync(start, attachment, _gone));
        }
        catch (RpcException refused)
        {
            attachment.Refuse(refused.StatusCode, refused.Status.Detail);
        }
        catch (Exception malformed) when (malformed is PayloadException or FormatException)
        {
            attachment.Refuse(StatusCode.InvalidArgument, malformed.Message);
        }
        catch (OperationCanceledException) when (_gone.IsCancellationRequested)
        {
            // Nobody waits for it any more.
        }
        catch (Exception failure)
        {
            LogNotBegun(failure, start.Step);
            attachment.Refuse(StatusCode.Internal, "The worker could not begin it: see its log.");
        }
    }

    private async Task WriteAsync(IServerStreamWriter<ExecuteReply> replies, CancellationTokenSource gone)
    {
        try
        {
            await _writer.RunAsync(batch =>
            {
                var reply = new ExecuteReply { Clock = Clock };
                reply.Reports.AddRange(batch);
                return replies.WriteAsync(reply);
            });
        }
        catch (Exception cut)
        {
            LogCut(cut.Message);
            await gone.CancelAsync();
        }
    }

    private static RpcException Invalid(string what) => new(new Status(StatusCode.InvalidArgument, what));

    [LoggerMessage(LogLevel.Debug, "The stream of an orchestrator was cut: {Reason}")]
    private partial void LogCut(string reason);

    [LoggerMessage(LogLevel.Error, "Step {Hosted} could not be begun.")]
    private partial void LogNotBegun(Exception failure, string hosted);
}
