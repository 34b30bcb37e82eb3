using Microsoft.Extensions.AI;

namespace Loomflow.Aspire.AgentWorker.Agents;

/// <summary>The agents of the support sample. The workflow that connects them is the orchestrator's <c>support</c>.</summary>
internal static class SupportAgents
{
    public static IHostApplicationBuilder AddSupportAgents(this IHostApplicationBuilder builder)
    {
        builder.AddAgent("classifier", (model, _) => new Agent(
            """
            You label support requests. Reply 'billing' or 'tech', with that one word alone.
            'billing' is for money: charges, cards, invoices, payments, prices, subscriptions and refunds.
            'tech' is for everything about the product: errors, crashes, logins, passwords, settings, slowness and how to do something.
            """,
            model,
            new AgentOptions { Name = "classifier", Description = "Labels support requests.", MaxTurns = 2 }));

        builder.AddAgent("billing", (model, services) => new Agent(
            """
            You are a customer-support agent who handles billing. Be brief and concrete.
            When the user asks for a refund, use the refund_flow tool: it validates, authorizes and executes the refund end to end. Never promise a refund that it did not book.
            When the user wonders what was charged, use the charge_details tool.
            If you need an invoice number such as INV-2026-0042 and there is none, ask for it.
            """,
            model,
            new AgentOptions
            {
                Name = "billing",
                Description = "Answers questions about charges and invoices, and handles refunds.",
                Tools = [services.WorkflowTool("refund_flow", "Refunds an invoice: validates, authorizes and books the refund."), Tool.Of(Charges.DetailsOf)],
                MaxTurns = 8,
            }));

        builder.AddAgent("tech", (model, _) => new Agent(
            """
            You are a customer-support agent who handles technical questions. Be brief and concrete.
            First use the search_help tool and answer from what it finds. If it finds nothing, say so and ask for the exact error message.
            """,
            model,
            new AgentOptions { Name = "tech", Description = "Answers technical questions.", Tools = [Tool.Of(HelpCenter.Search)], MaxTurns = 6 }));
        return builder;
    }
}
