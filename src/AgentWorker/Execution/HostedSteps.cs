using System.Diagnostics.CodeAnalysis;

namespace Loomflow.Aspire.AgentWorker.Execution;

/// <summary>Everything that this worker hosts, by name.</summary>
internal sealed class HostedSteps
{
    private readonly Dictionary<string, HostedStep> _steps = new(StringComparer.Ordinal);

    public HostedSteps(IEnumerable<StepRegistration> registrations, IServiceProvider services)
    {
        foreach (var (name, create) in registrations)
        {
            if (!_steps.TryAdd(name, new HostedStep(create(services))))
            {
                throw new InvalidOperationException($"Two steps are hosted as '{name}': give one of them another name.");
            }
        }
    }

    public IReadOnlyList<string> Names => [.. _steps.Keys];

    public bool TryGet(string name, [NotNullWhen(true)] out HostedStep? step) => _steps.TryGetValue(name, out step);
}
