using Grpc.Core;
using Loomflow.Aspire.AuditService.Keys;
using Loomflow.Aspire.AuditService.Retention;
using Loomflow.V1;

namespace Loomflow.Aspire.AuditService.Api;

/// <summary>Key rotation and erasure over gRPC.</summary>
internal sealed class AuditAdministrationService(KeyRotation rotation, PayloadEraser eraser) : AuditAdministration.AuditAdministrationBase
{
    public override async Task<RotateKeyReply> RotateKey(RotateKeyRequest request, ServerCallContext context)
    {
        try
        {
            var (receipt, old) = await rotation.RotateAsync(request.NewKeyId, context.AuthenticatedName(), context.CancellationToken);
            return new RotateKeyReply { Sequence = receipt.Sequence, OldKeyId = old };
        }
        catch (ArgumentException e)
        {
            throw EntryMapping.Invalid(e.Message);
        }
    }

    public override async Task<ErasePayloadsReply> ErasePayloads(ErasePayloadsRequest request, ServerCallContext context)
    {
        try
        {
            var (sequence, erased) = await eraser.EraseAsync(
                request.SelectionCase == ErasePayloadsRequest.SelectionOneofCase.Partition ? PartitionKey.Decode(request.Partition) : null,
                request.SelectionCase == ErasePayloadsRequest.SelectionOneofCase.RunId ? request.RunId : null,
                request.SelectionCase == ErasePayloadsRequest.SelectionOneofCase.BeforeSequence ? request.BeforeSequence : null,
                request.RequestedBy.Length > 0 ? request.RequestedBy : context.AuthenticatedName(), request.Reason, context.CancellationToken);
            return new ErasePayloadsReply { Sequence = sequence, Erased = erased };
        }
        catch (Exception e) when (e is ArgumentException or FormatException)
        {
            throw EntryMapping.Invalid(e.Message);
        }
    }
}
