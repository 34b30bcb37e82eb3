using System.Text;
using Loomflow.Audit;

namespace Loomflow.Tests.Audit;

public class AuditTrailTests
{
    [Fact]
    public async Task Render_TheBidirectionalExample_ReadsAsInTheCompositionDocument()
    {
        using var log = new InMemoryAuditLog(AuditSamples.Key());
        var number = 0;
        await Add("outer", null, AuditAction.WorkflowStarted, "gated_action");
        await Add("outer", null, AuditAction.StepStarted, "gated_action", "gate");
        await Add("outer", null, AuditAction.StepCompleted, "gated_action", "gate");
        await Add("outer", null, AuditAction.StepStarted, "gated_action", "agent_node");
        await Add("agent", "outer", AuditAction.RunStarted, "support");
        await Add("agent", "outer", AuditAction.ToolCall, "action");
        await Add("inner", "agent", AuditAction.WorkflowStarted, "action");
        await Add("inner", "agent", AuditAction.StepStarted, "action", "authorize");
        await Add("inner", "agent", AuditAction.StepCompleted, "action", "authorize");
        await Add("inner", "agent", AuditAction.WorkflowCompleted, "action");
        await Add("agent", "outer", AuditAction.ToolResult, "action", payload: """{"ok":true}""");
        await Add("agent", "outer", AuditAction.RunCompleted, "support");
        await Add("outer", null, AuditAction.StepCompleted, "gated_action", "agent_node");
        await Add("outer", null, AuditAction.WorkflowCompleted, "gated_action");

        AuditTrail.Render(log.Query(new AuditQuery { RootRunId = "outer" })).ShouldBe(
            """
            workflow_started workflow=gated_action user_id=alice
              step_started node=gate user_id=alice
              step_completed node=gate user_id=alice
              step_started node=agent_node user_id=alice
                run_started agent=support user_id=alice
                  tool_call tool=action user_id=alice
                    workflow_started workflow=action user_id=alice
                      step_started node=authorize user_id=alice
                      step_completed node=authorize user_id=alice
                    workflow_completed workflow=action user_id=alice
                  tool_result tool=action ok=true user_id=alice
                run_completed agent=support user_id=alice
              step_completed node=agent_node user_id=alice
            workflow_completed workflow=gated_action user_id=alice

            """);

        async Task Add(string run, string? parent, string action, string subject, string? node = null, string? payload = null) =>
            await log.AppendAsync(
                new AuditEntry
                {
                    EventId = $"{run}/{++number}", Time = DateTimeOffset.UnixEpoch, Action = action, Actor = AuditActor.Workflow, Partition = PartitionKey.Named("alice"),
                    RunId = run, RootRunId = "outer", ParentRunId = parent, Subject = subject, Node = node, Payload = payload is null ? default : Encoding.UTF8.GetBytes(payload),
                },
                TestContext.Current.CancellationToken);
    }
}
