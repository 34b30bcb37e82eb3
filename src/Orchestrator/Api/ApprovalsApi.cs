using System.ComponentModel;
using Loomflow.Aspire.Orchestrator.Approvals;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>Questions to people over REST.</summary>
internal static class ApprovalsApi
{
    public static IEndpointRouteBuilder MapApprovalsApi(this IEndpointRouteBuilder app)
    {
        var approvals = app.MapGroup("/runs/{id}/approvals").WithTags("Approvals").RequireAuthorization(Scopes.ApprovalsAnswer);
        approvals.MapGet("/", ListAsync)
            .WithName("ListApprovals").WithSummary("Questions of a run that have no answer yet.").Refuses(404);
        approvals.MapPost("/{approvalId}", AnswerAsync)
            .WithName("AnswerApproval").WithSummary("Answers a question. The first answer counts; giving the same one again changes nothing.").Refuses(400, 403, 404, 409, 413);
        return app;
    }

    private static async Task<Ok<ApprovalRequest[]>> ListAsync([Description("The run's id.")] string id, Caller caller, ApprovalService approvals) =>
        TypedResults.Ok((await approvals.OpenAsync(caller, id)).ToArray());

    private static async Task<Accepted> AnswerAsync(
        [Description("The run's id.")] string id,
        [Description("The question's id.")] string approvalId,
        AnswerBody body,
        Caller caller,
        ApprovalService approvals)
    {
        await approvals.AnswerAsync(caller, id, approvalId, new ApprovalDecision
        {
            Outcome = body.Approved ? ApprovalOutcome.Approved : ApprovalOutcome.Denied,
            Responder = body.Responder,
            Comment = body.Comment,
            Data = body.Data,
            Remember = body.Remember,
        });
        return TypedResults.Accepted($"/runs/{id}");
    }
}
