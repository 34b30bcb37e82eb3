using System.ComponentModel;

namespace Loomflow.Aspire.AgentWorker.Agents;

/// <summary>A few charges to try the sample with. Replace it with the system that has yours.</summary>
internal static class Charges
{
    private static readonly Dictionary<string, string> s_byInvoice = new(StringComparer.OrdinalIgnoreCase)
    {
        ["INV-2026-0042"] = "49.00 USD, team plan, October 2026, paid by card on 2026-10-03; the card was charged twice, the second charge is open for a refund",
        ["INV-2026-0043"] = "49.00 USD, team plan, November 2026, paid by card on 2026-11-03",
        ["INV-2026-0107"] = "1,180.00 USD, enterprise plan, yearly, paid by bank transfer on 2026-02-17",
    };

    [Step(Name = "charge_details")]
    [Description("What was charged: amount, plan, month and how it was paid.")]
    public static Task<string> DetailsOf([Description("The invoice number, for example INV-2026-0042.")] string invoice) =>
        Task.FromResult(s_byInvoice.TryGetValue(invoice.Trim().TrimStart('#'), out var found) ? $"{invoice}: {found}." : $"There is no invoice {invoice}.");
}
