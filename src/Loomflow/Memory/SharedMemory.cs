using Microsoft.Extensions.DependencyInjection;

namespace Loomflow;

/// <summary>
/// A memory by its name: the way to give a workflow or a run another memory than the host's. Each process that works for the run uses the memory
/// that it has registered under the name, so that agents share it wherever they run.
/// </summary>
/// <remarks>The memory is looked up among the services of the run that the calling code works for, as a keyed <see cref="IMemory"/>.</remarks>
public sealed class SharedMemory : DelegatingMemory
{
    private SharedMemory(string name) => Name = name;

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <inheritdoc />
    protected override IMemory Inner => Find(RunContext.Current?.Services);

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
}
