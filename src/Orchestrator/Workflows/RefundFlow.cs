using System.Globalization;
using System.Text.RegularExpressions;

namespace Loomflow.Aspire.Orchestrator.Workflows;

/// <summary>The deterministic part of a refund: validate, authorize, execute. The billing agent decides when to call it, not what it does.</summary>
internal static partial class RefundFlow
{
    /// <summary>Refunds above this amount need a person.</summary>
    private const decimal AuthorizationLimit = 500m;

    public static IWorkflow Create() => Workflow.Chain<string>("refund_flow").Then(Validate).Then(Authorize).Then(Execute).Build();

    private static Task<RefundRequest> Validate(string request)
    {
        var invoice = InvoicePattern().Match(request);
        if (!invoice.Success) throw new ArgumentException("A refund needs an invoice number such as INV-2026-0042.");
        var amount = AmountPattern().Match(request);
        return Task.FromResult(new RefundRequest(
            invoice.Value.ToUpperInvariant(),
            amount.Success ? decimal.Parse(amount.Groups["amount"].ValueSpan, CultureInfo.InvariantCulture) : null));
    }

    private static Task<Authorization> Authorize(RefundRequest request) => Task.FromResult(new Authorization(
        request,
        Granted: request.Amount is null or <= AuthorizationLimit,
        Reason: request.Amount > AuthorizationLimit ? $"above the limit of {AuthorizationLimit.ToString(CultureInfo.InvariantCulture)}" : "within the limit"));

    private static Task<string> Execute(Authorization authorization) => Task.FromResult(authorization.Granted
        ? $"Refund for {authorization.Request.Invoice} was booked{(authorization.Request.Amount is { } amount ? $" over {amount.ToString(CultureInfo.InvariantCulture)}" : "")}."
        : $"Refund for {authorization.Request.Invoice} was not booked: {authorization.Reason}. A colleague will look at it.");

    [GeneratedRegex(@"\bINV-\d{4}-\d{4,}\b", RegexOptions.IgnoreCase)]
    private static partial Regex InvoicePattern();

    [GeneratedRegex(@"(?:\$|€|USD|EUR)\s?(?<amount>\d+(?:\.\d{1,2})?)", RegexOptions.IgnoreCase)]
    private static partial Regex AmountPattern();

    internal sealed record RefundRequest(string Invoice, decimal? Amount);

    internal sealed record Authorization(RefundRequest Request, bool Granted, string Reason);
}
