using Microsoft.Extensions.DependencyInjection;

namespace Loomflow;

/// <summary>
/// A memory by its name: the way to give a workflow or a run another memory than the host's. Each process that works for the run uses the memory
/// that it has registered under the name, so that agents share it wherever they run.
/// </summary>
/// <remarks>The memory is looked up among the services of the run that the calling code works for, as a keyed <see cref="IMemory"/>.</remarks>
public sealed class SharedMemory : IMemory
{
    private SharedMemory(string name) => Name = name;

    /// <summary>The name.</summary>
    public string Name { get; }

    private IMemory Found => Find(RunContext.Current?.Services);

    /// <summary>Names a memory.</summary>
    /// <param name="name">The name under which every process has it registered.</param>
    public static SharedMemory Named(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new SharedMemory(name);
    }

    /// <summary>How another process finds a run's memory: a name, or <see langword="null"/> where it is the one that each host gives its runs.</summary>
    /// <exception cref="InvalidOperationException">The memory is this process's alone: a step elsewhere would work with another one.</exception>
    public static string? NameIn(RunContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Memory is SharedMemory shared) return shared.Name;
        return context.Memory is null || context.Memory == context.Services?.GetService(typeof(IMemory))
            ? null
            : throw new InvalidOperationException(
                $"The memory of run {context.RunId} is this process's alone, and a part of the run works in another: register it in both under a name, and use SharedMemory.Named(name).");
    }

    /// <summary>The memory that is registered under the name.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public IMemory Find(IServiceProvider? services) => services?.GetKeyedService<IMemory>(Name)
        ?? throw new InvalidOperationException($"No memory is registered as '{Name}' in this process: add a section 'Memories:{Name}' to its configuration, or a keyed IMemory to its services.");

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<MemoryBlock>> GetBlocksAsync(PartitionKey partition, CancellationToken cancellationToken = default) =>
        Found.GetBlocksAsync(partition, cancellationToken);

    /// <inheritdoc />
    public ValueTask SetBlockAsync(PartitionKey partition, string name, string content, CancellationToken cancellationToken = default) =>
        Found.SetBlockAsync(partition, name, content, cancellationToken);

    /// <inheritdoc />
    public ValueTask AppendBlockAsync(PartitionKey partition, string name, string content, CancellationToken cancellationToken = default) =>
        Found.AppendBlockAsync(partition, name, content, cancellationToken);

    /// <inheritdoc />
    public ValueTask<bool> RemoveBlockAsync(PartitionKey partition, string name, CancellationToken cancellationToken = default) =>
        Found.RemoveBlockAsync(partition, name, cancellationToken);

    /// <inheritdoc />
    public ValueTask RememberAsync(PartitionKey partition, Episode episode, CancellationToken cancellationToken = default) =>
        Found.RememberAsync(partition, episode, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Recalled<Episode>>> RecallAsync(PartitionKey partition, RecallQuery query, CancellationToken cancellationToken = default) =>
        Found.RecallAsync(partition, query, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Episode>> GetSessionAsync(PartitionKey partition, string sessionId, int limit = 10, CancellationToken cancellationToken = default) =>
        Found.GetSessionAsync(partition, sessionId, limit, cancellationToken);

    /// <inheritdoc />
    public ValueTask<Fact> LearnAsync(PartitionKey partition, Fact fact, CancellationToken cancellationToken = default) =>
        Found.LearnAsync(partition, fact, cancellationToken);

    /// <inheritdoc />
    public ValueTask<Fact?> LearnFromAsync(PartitionKey partition, string episodeId, Fact fact, CancellationToken cancellationToken = default) =>
        Found.LearnFromAsync(partition, episodeId, fact, cancellationToken);

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<Recalled<Fact>>> RecallFactsAsync(PartitionKey partition, FactQuery query, CancellationToken cancellationToken = default) =>
        Found.RecallFactsAsync(partition, query, cancellationToken);

    /// <inheritdoc />
    public ValueTask<MemoryProfile> GetProfileAsync(PartitionKey partition, CancellationToken cancellationToken = default) =>
        Found.GetProfileAsync(partition, cancellationToken);

    /// <inheritdoc />
    public ValueTask<ForgetReceipt> ForgetAsync(PartitionKey partition, ForgetScope? scope = null, CancellationToken cancellationToken = default) =>
        Found.ForgetAsync(partition, scope, cancellationToken);

    /// <inheritdoc />
    public ValueTask<MemoryExport> ExportAsync(PartitionKey partition, CancellationToken cancellationToken = default) =>
        Found.ExportAsync(partition, cancellationToken);
}
