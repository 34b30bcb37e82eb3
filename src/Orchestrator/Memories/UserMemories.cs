using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults.Callers;

namespace Loomflow.Aspire.Orchestrator.Memories;

/// <summary>The memories that this orchestrator shares with the workers, as users reach them.</summary>
internal sealed class UserMemories(IServiceProvider services, IServiceProviderIsKeyedService names, Delegation delegation, AccessAudit audit)
{
    /// <summary>Opens the caller's memory, or that of the user that they name.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="user">Whose; empty for the caller's own.</param>
    /// <param name="memory">The memory's name; empty for the one that runs have which name none.</param>
    /// <param name="cancellationToken">Ends the wait for the audit log.</param>
    /// <exception cref="RunRefusedException">There is no such memory.</exception>
    /// <exception cref="CallerRefusedException">The user is not theirs to name, or is missing.</exception>
    public async Task<UserMemory> OpenAsync(Caller caller, string? user, string? memory, CancellationToken cancellationToken)
    {
        caller = await delegation.ReachAsync(caller, user, cancellationToken);
        var owner = PartitionKey.Of(caller.RequireUser());
        if (string.IsNullOrEmpty(memory)) return new UserMemory(services.GetRequiredService<IMemory>(), null, owner, caller, audit);
        if (!names.IsKeyedService(typeof(IMemory), memory)) throw RunRefusedException.UnknownMemory(memory);
        return new UserMemory(services.GetRequiredKeyedService<IMemory>(memory), memory, owner, caller, audit);
    }
}
