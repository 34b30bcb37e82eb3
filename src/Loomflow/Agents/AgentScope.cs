namespace Loomflow;

/// <summary>Where an agent's run happens: as a part of the run around it, or as one of its own.</summary>
internal static class AgentScope
{
    public static StepScope Open(Agent agent, RunOptions options, RunStream? stream)
    {
        var outer = StepScope.Current;
        if (outer is null || stream is not null || IsOwnRun(options))
        {
            var own = InProcessContext.Create(agent.Name, options, stream);
            return new StepScope(own.Approvals is null ? own : own with { Approvals = new RunApprovals(own, own.Approvals) });
        }

        var around = outer.Context;
        var context = around with
        {
            Usage = outer.Usage,
            Memory = options.Memory ?? around.Memory,
            ResponseTone = options.ResponseTone ?? around.ResponseTone,
            Approvals = options.Approvals is { } approvals ? new RunApprovals(around, approvals) : around.Approvals,
            Dispatcher = options.Dispatcher ?? around.Dispatcher,
            Services = options.Services ?? around.Services,
        };
        return new StepScope(outer, context, outer.NestedPath(agent.Name));
    }

    // What events say of a run is fixed when it starts; who wants it otherwise gets a run of its own, a child of this one.
    private static bool IsOwnRun(RunOptions options) =>
        options.RunId is not null || options.UserId is not null || options.SessionId is not null || options.Metadata.Count > 0
        || options.AuditLog is not null || options.Time is not null;
}
