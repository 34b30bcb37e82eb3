using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Run;

/// <summary>Says which program of this machine runs in place of a container's image.</summary>
internal sealed class LocalProgramAnnotation(Func<LocalProgramContext, ProcessSpec> create) : IResourceAnnotation
{
    public Func<LocalProgramContext, ProcessSpec> Create { get; } = create;
}

/// <param name="Replica">The copy to start.</param>
/// <param name="Arguments">The container's arguments, with <c>$NAME</c> filled from its environment as its shell would.</param>
/// <param name="Mount">The folder of this machine that stands for a path in the container.</param>
internal sealed record LocalProgramContext(Replica Replica, IReadOnlyList<string> Arguments, Func<string, string?> Mount);
