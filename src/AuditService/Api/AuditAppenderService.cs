using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;
using Loomflow.V1;

namespace Loomflow.Aspire.AuditService.Api;

/// <summary>Appending over gRPC: requests go to the log as they arrive, acknowledgements go back in the same order.</summary>
internal sealed class AuditAppenderService(AuditLog log, IHostApplicationLifetime lifetime) : AuditAppender.AuditAppenderBase
{
    // Together with the log's own queue this bounds what one stream may have under way; reading stops beyond it.
    private const int RequestsUnderWay = 64;
    private const int MaxEntriesPerRequest = 4_096;

    public override async Task Append(IAsyncStreamReader<AppendRequest> requestStream, IServerStreamWriter<AppendReply> responseStream, ServerCallContext context)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        var pending = Channel.CreateBounded<Task<AppendReply>>(RequestsUnderWay);
        var replying = ReplyAsync(pending.Reader, responseStream);
        try
        {
            while (await requestStream.MoveNext(stopping.Token))
            {
                var request = requestStream.Current;
                if (request.Entries.Count > MaxEntriesPerRequest) throw EntryMapping.Invalid($"a message may carry at most {MaxEntriesPerRequest} entries");
                // Reaches the log's queue before the next message is read, so that the order is kept.
                await pending.Writer.WriteAsync(AppendAsync(request, context.CancellationToken), context.CancellationToken);
                if (replying.IsFaulted) break;
            }
        }
        catch (Exception) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // What has arrived is still acknowledged; the client sends the rest to whoever comes next.
        }
        finally
        {
            pending.Writer.TryComplete();
        }

        await replying;
    }

    private static async Task ReplyAsync(ChannelReader<Task<AppendReply>> pending, IServerStreamWriter<AppendReply> responseStream)
    {
        await foreach (var reply in pending.ReadAllAsync()) await responseStream.WriteAsync(await reply);
    }

    private async Task<AppendReply> AppendAsync(AppendRequest request, CancellationToken cancellationToken)
    {
        var reply = new AppendReply();
        var accepted = new List<PreparedEntry>(request.Entries.Count);
        var places = new List<int>(request.Entries.Count);
        foreach (var message in request.Entries)
        {
            var acknowledgement = new Acknowledgement { EventId = message.EventId };
            reply.Acknowledgements.Add(acknowledgement);
            try
            {
                accepted.Add(log.Prepare(ReservedActions.Check(EntryMapping.ToEntry(message))));
                places.Add(reply.Acknowledgements.Count - 1);
            }
            catch (ArgumentException e)
            {
                acknowledgement.Rejected = e.Message;
            }
        }

        try
        {
            var outcomes = await log.AppendAsync([.. accepted], cancellationToken);
            for (var i = 0; i < outcomes.Length; i++) Acknowledge(reply.Acknowledgements[places[i]], outcomes[i]);
        }
        catch (AuditUnavailableException e)
        {
            foreach (var place in places) reply.Acknowledgements[place].Unavailable = e.Message;
        }

        return reply;
    }

    private static void Acknowledge(Acknowledgement acknowledgement, AppendOutcome outcome)
    {
        if (outcome.IsConflict)
        {
            acknowledgement.Conflict = new Conflict { Sequence = outcome.Receipt.Sequence };
            return;
        }

        acknowledgement.Appended = new Appended
        {
            Sequence = outcome.Receipt.Sequence,
            LeafHash = ByteString.CopyFrom(outcome.Receipt.LeafHash.AsSpan()),
            Duplicate = outcome.Receipt.IsDuplicate,
        };
    }
}
