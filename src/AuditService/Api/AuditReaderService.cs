using System.Threading.Channels;
using Grpc.Core;
using Google.Protobuf.WellKnownTypes;
using Loomflow.Aspire.AuditService.Checkpoints;
using Loomflow.Aspire.AuditService.Export;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Aspire.AuditService.Verification;
using Loomflow.Audit;
using Loomflow.V1;

namespace Loomflow.Aspire.AuditService.Api;

/// <summary>Reading, proving and verifying over gRPC.</summary>
internal sealed class AuditReaderService(AuditLog log, LogReader reader, LogProofs proofs, Checkpointer checkpointer, VerificationService verification, LogStatus status, IHostApplicationLifetime lifetime) : AuditReader.AuditReaderBase
{
    public override Task<QueryReply> Query(QueryRequest request, ServerCallContext context)
    {
        var page = reader.Query(EntryMapping.ToQuery(request));
        var reply = new QueryReply { NextPageToken = page.Next is { } next ? next.ToString(System.Globalization.CultureInfo.InvariantCulture) : "" };
        reply.Records.AddRange(page.Records.Select(EntryMapping.ToMessage));
        return Task.FromResult(reply);
    }

    public override async Task Tail(TailRequest request, IServerStreamWriter<Loomflow.V1.AuditRecord> responseStream, ServerCallContext context)
    {
        var filter = request.Filter?.Clone() ?? new QueryRequest();
        (filter.PageToken, filter.PageSize) = ("", 0);
        var query = EntryMapping.ToQuery(filter) with { FromSequence = request.FromSequence < 0 ? log.Size : request.FromSequence };
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, lifetime.ApplicationStopping);
        try
        {
            await foreach (var record in reader.Tail(query, stopping.Token)) await responseStream.WriteAsync(EntryMapping.ToMessage(record));
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The audit service is stopping: call again with the next sequence number."));
        }
    }

    public override async Task Verify(VerifyRequest request, IServerStreamWriter<VerifyReply> responseStream, ServerCallContext context)
    {
        // Progress is only worth its newest value, so a slow reader slows nothing down.
        var progress = Channel.CreateBounded<(long, long)>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        var run = verification.VerifyAsync((verified, total) => progress.Writer.TryWrite((verified, total)), context.CancellationToken);
        _ = run.ContinueWith(_ => progress.Writer.TryComplete(), TaskScheduler.Default);
        await foreach (var (verified, total) in progress.Reader.ReadAllAsync(context.CancellationToken))
        {
            await responseStream.WriteAsync(new VerifyReply { Verified = verified, Total = total });
        }

        var result = await run;
        await responseStream.WriteAsync(new VerifyReply { Verified = result.Entries, Total = Math.Max(result.Entries, log.Size), Result = EntryMapping.ToMessage(result) });
    }

    public override async Task<Loomflow.V1.Checkpoint> GetCheckpoint(GetCheckpointRequest request, ServerCallContext context)
    {
        var latest = checkpointer.Latest ?? await checkpointer.MakeAsync(context.CancellationToken);
        var message = new Loomflow.V1.Checkpoint
        {
            Note = latest.Note,
            Size = latest.Checkpoint.Size,
            Root = EntryMapping.ToBytes(latest.Checkpoint.Root),
            Time = latest.Checkpoint.Time.ToTimestamp(),
        };
        message.VerifierKeys.AddRange(checkpointer.ReadKeys().Select(key => key.Text));
        return message;
    }

    public override Task<Loomflow.V1.InclusionProof> GetInclusionProof(InclusionProofRequest request, ServerCallContext context)
    {
        var proof = Prove(() => proofs.Inclusion(request.Sequence, request.TreeSize == 0 ? null : request.TreeSize));
        var message = new Loomflow.V1.InclusionProof
        {
            Sequence = proof.Sequence,
            TreeSize = proof.TreeSize,
            LeafHash = EntryMapping.ToBytes(proof.LeafHash),
            Root = EntryMapping.ToBytes(proof.Root),
        };
        message.Hashes.AddRange(proof.Hashes.Select(EntryMapping.ToBytes));
        return Task.FromResult(message);
    }

    public override Task<Loomflow.V1.ConsistencyProof> GetConsistencyProof(ConsistencyProofRequest request, ServerCallContext context)
    {
        var proof = Prove(() => proofs.Consistency(request.FirstSize, request.SecondSize == 0 ? null : request.SecondSize));
        var message = new Loomflow.V1.ConsistencyProof
        {
            FirstSize = proof.FirstSize,
            SecondSize = proof.SecondSize,
            FirstRoot = EntryMapping.ToBytes(proof.FirstRoot),
            SecondRoot = EntryMapping.ToBytes(proof.SecondRoot),
        };
        message.Hashes.AddRange(proof.Hashes.Select(EntryMapping.ToBytes));
        return Task.FromResult(message);
    }

    public override async Task Export(ExportRequest request, IServerStreamWriter<ExportChunk> responseStream, ServerCallContext context)
    {
        await using var stream = new ExportChunkStream(responseStream, context.CancellationToken);
        await ExportBundle.WriteAsync(log, stream, context.CancellationToken);
    }

    public override Task<AuditStatus> GetStatus(GetStatusRequest request, ServerCallContext context)
    {
        var now = status.Get();
        return Task.FromResult(new AuditStatus
        {
            LogId = now.LogId,
            Size = now.Size,
            State = now.State,
            Reason = now.Reason ?? "",
            ActiveKey = now.ActiveKey,
            CheckpointSize = now.Checkpoint?.Size ?? 0,
            CheckpointTime = now.Checkpoint?.Time.ToTimestamp(),
            LastVerifiedSequence = now.LastVerifiedSequence ?? -1,
            LastVerificationTime = now.LastVerificationTime?.ToTimestamp(),
            Damage = EntryMapping.ToMessage(now.Damage),
        });
    }

    private static T Prove<T>(Func<T> prove)
    {
        try
        {
            return prove();
        }
        catch (ArgumentException e)
        {
            throw EntryMapping.Invalid(e.Message);
        }
    }
}
