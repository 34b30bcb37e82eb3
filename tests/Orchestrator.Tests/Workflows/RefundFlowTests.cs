using Loomflow.Aspire.Orchestrator.Workflows;

namespace Loomflow.Aspire.Orchestrator.Tests.Workflows;

public sealed class RefundFlowTests
{
    [Theory]
    [InlineData("Refund INV-2026-0042, please.", "Refund for INV-2026-0042 was booked.")]
    [InlineData("inv-2026-0042: $49.00", "Refund for INV-2026-0042 was booked over 49.00.")]
    [InlineData("INV-2026-0107 over EUR 1180.00", "Refund for INV-2026-0107 was not booked: above the limit of 500. A colleague will look at it.")]
    public async Task Refund_IsBookedUpToTheLimit(string request, string answer) => (await RunAsync(request)).Value.As<string>().ShouldBe(answer);

    [Fact]
    public async Task Refund_WithoutAnInvoiceNumber_Fails()
    {
        var failure = await Should.ThrowAsync<Exception>(() => RunAsync("I want my money back."));

        failure.ToString().ShouldContain("A refund needs an invoice number");
        failure.GetRun()!.Status.ShouldBe(RunStatus.Failed);
    }

    private static Task<WorkflowResult> RunAsync(string request) =>
        RefundFlow.Create().RunAsync(Payload.Of(request), cancellationToken: TestContext.Current.CancellationToken);
}
