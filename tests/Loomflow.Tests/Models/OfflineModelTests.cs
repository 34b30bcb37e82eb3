using System.ComponentModel;
using Microsoft.Extensions.AI;

namespace Loomflow.Tests.ModelClients;

public class OfflineModelTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<string> AnswerAsync(string instructions, string prompt, params AITool[] tools) =>
        (await new Agent(instructions, Models.Offline(), new() { Tools = tools }).RunAsync(prompt, cancellationToken: Stop)).Output;

    private const string Explained = """
        You label support requests. Reply 'billing' or 'tech', with that one word alone.
        'billing' is for money: charges, cards, invoices, payments, prices, subscriptions and refunds.
        'tech' is for everything about the product: errors, crashes, logins, passwords, settings, slowness and how to do something.
        """;

    [Theory]
    [InlineData("Reply 'billing' or 'tech'.", "My card was charged twice.", "billing")]
    [InlineData("Reply 'billing' or 'tech'.", "The app crashes when I open it.", "tech")]
    [InlineData("Reply 'billing' or 'tech'.", "I can't log in, it says wrong password.", "tech")]
    [InlineData("Reply 'billing' or 'tech'.", "Please send me the invoice for March.", "billing")]
    [InlineData(Explained, "How do I change my settings?", "tech")]
    [InlineData(Explained, "I want a refund for invoice #INV-2026-0042.", "billing")]
    [InlineData("Classify the message as positive, negative or neutral.", "I love this, it works great!", "positive")]
    [InlineData("Classify the message as positive, negative or neutral.", "This is the worst thing I ever bought.", "negative")]
    [InlineData("Classify the message as positive, negative or neutral.", "The meeting is on Tuesday.", "neutral")]
    [InlineData("Choose one of: low, medium, high. high: outages and data loss. medium: slow pages. low: typos.", "There is a typo on the page about us.", "low")]
    [InlineData("Choose one of: low, medium, high. high: outages and data loss. medium: slow pages. low: typos.", "We lost data in the outage tonight!", "high")]
    [InlineData("Answer only \"spam\" or \"ham\".", "Congratulations winner, click here for your free prize", "spam")]
    [InlineData("Decide whether to approve. Answer 'approve' or 'reject'.", "The receipt is missing and the amount exceeds the limit.", "reject")]
    public async Task Labels_ArePickedByEvidence(string instructions, string prompt, string label) =>
        (await AnswerAsync(instructions, prompt)).ShouldBe(label);

    [Theory]
    [InlineData("I want a refund for invoice #INV-2026-0042.", "INV-2026-0042")]
    [InlineData("please REFUND order ORD-7 today", "ORD-7")]
    public async Task Tool_IsCalledWithTheIdFromTheText(string prompt, string id)
    {
        var tool = Tool.Of((string invoiceId) => $"refunded {invoiceId}", "refund_invoice", "Refunds an invoice or order.");
        (await AnswerAsync("You are a billing agent.", prompt, tool)).ShouldContain($"refunded {id}");
    }

    [Fact]
    public async Task Tool_WithoutWhatItNeedsInTheText_IsNotCalled()
    {
        var tool = Tool.Of((decimal amount, string email) => "sent", "send_money", "Sends money to an e-mail address.");
        (await AnswerAsync("Help.", "Send money to my friend.", tool)).ShouldNotContain("sent");
        (await AnswerAsync("Help.", "Send $1,250.50 of money to bob@example.com for INV-2026-0042.", Tool.Of((decimal amount, string email) => $"{amount} to {email}", "send_money", "Sends money.")))
            .ShouldContain("1250.50 to bob@example.com");
    }

    [Theory]
    [InlineData("invoiceId", "Now refund it please.", "invoiceId=INV-2026-0042")]
    [InlineData("input", "Please refund it.", "input=Please refund INV-2026-0042.")]
    [InlineData("invoiceId", "Refund ORD-7 instead.", "invoiceId=ORD-7")]
    [InlineData("invoiceId", "I want the refund.", "invoiceId=INV-2026-0042")]
    public async Task Tool_TakesWhatWasNamedEarlierInTheConversation(string parameter, string prompt, string expected)
    {
        var tool = parameter == "input"
            ? Tool.Of((string input) => $"done: input={input}", "refund_flow", "Refunds an invoice or order.")
            : Tool.Of((string invoiceId) => $"done: invoiceId={invoiceId}", "refund_flow", "Refunds an invoice or order.");
        var agent = new Agent("When the user asks for a refund, use the `refund_flow` tool.", Models.Offline(), new() { Tools = [tool], Memory = new InMemoryMemory() });
        var session = new RunOptions { UserId = "ada", SessionId = "s" };
        await agent.RunAsync("Hello, this is about ORD-1.", session, Stop);
        await agent.RunAsync("My question is about invoice #INV-2026-0042, it was charged twice.", session, Stop);

        (await agent.RunAsync(prompt, session, Stop)).Output.ShouldContain(expected);
        (await agent.RunAsync("I want a refund.", session with { SessionId = "other", UserId = "eve" }, Stop)).Output.ShouldNotContain("INV-2026-0042");
    }

    [Fact]
    public async Task Tool_IsNotCalledForSomethingElse()
    {
        var called = false;
        var tool = Tool.Of((string input) => { called = true; return "x"; }, "refund_flow", "Run the 'refund_flow' workflow.");
        await AnswerAsync("You are a customer-support agent. When the user asks for a refund, use the `refund_flow` tool.", "What is the weather in Rome?", tool);
        called.ShouldBeFalse();
    }

    [Fact]
    public async Task Tools_OfWhichTwoAreAskedFor_AreBothCalled()
    {
        var answer = await AnswerAsync(
            "You are a travel agent.",
            "What is the weather in Rome and which hotels are in Rome?",
            Tool.Of((string city) => $"sunny in {city}", "get_weather", "Gives the weather of a city."),
            Tool.Of((string city) => $"three hotels in {city}", "find_hotels", "Finds hotels in a city."),
            Tool.Of((string city) => "never", "book_flight", "Books a flight."));
        answer.ShouldContain("sunny in Rome");
        answer.ShouldContain("three hotels in Rome");
        answer.ShouldNotContain("never");
    }

    [Description("Searches the help center.")]
    private static string Search(string query) => $"Help on: {query}";

    [Fact]
    public async Task Tool_ThatIsAlwaysToBeUsedFirst_IsUsed() =>
        (await AnswerAsync("First use the search_help tool and answer from what it finds.", "Why is my screen black?", Tool.Of(Search, "search_help"))).ShouldContain("Help on: Why is my screen black?");

    [Fact]
    public async Task FailedTool_IsToldAsSuch()
    {
        Func<string, string> fails = _ => throw new InvalidOperationException("the invoice is unknown");
        (await AnswerAsync("Help.", "Refund INV-1 please", Tool.Of(fails, "refund", "Refunds an invoice."))).ShouldBe("refund did not work: the invoice is unknown.");
    }

    private sealed record Ticket(string Category, string? InvoiceId, decimal Amount, bool Urgent, Priority Priority);

    public enum Priority
    {
        Low,
        High,
    }

    [Fact]
    public async Task TypedAnswers_FitTheSchemaAndTakeTheirValuesFromTheText()
    {
        var ticket = (await new Agent("Extract the ticket.", Models.Offline()).RunAsync<Ticket>("Urgent: invoice INV-2026-0042 over $99.50 was charged twice.", cancellationToken: Stop)).Value;

        ticket.InvoiceId.ShouldBe("INV-2026-0042");
        ticket.Amount.ShouldBe(99.50m);
        ticket.Priority.ShouldBe(Priority.High);
    }

    [Fact]
    public async Task Question_IsAnsweredFromTheConversation()
    {
        var memory = new InMemoryMemory();
        var agent = new Agent("You are a helpful assistant.", Models.Offline());
        var options = new RunOptions { Memory = memory, UserId = "ada", SessionId = "s" };
        await agent.RunAsync("My favourite colour is green.", options, Stop);

        (await agent.RunAsync("What is my favourite colour?", options, Stop)).Output.ShouldContain("green");
        (await agent.RunAsync("What is my favourite colour?", options with { UserId = "eve" }, Stop)).Output.ShouldNotContain("green");
    }

    [Fact]
    public async Task Summary_IsShorterAndKeepsTheFirstSentence()
    {
        var text = string.Join(' ', Enumerable.Range(1, 12).Select(i => i % 3 == 0 ? "It rained." : $"The harvest of year {i} was good and the harvest was sold."));
        var summary = await AnswerAsync("Summarise the text.", text);
        summary.Length.ShouldBeLessThan(text.Length / 2);
        summary.ShouldStartWith("The harvest of year 1");
    }

    [Fact]
    public async Task Prose_TakesUpWhatWasSaid()
    {
        var billing = await AnswerAsync("Handle billing.", "My card was charged twice.");
        billing.ShouldStartWith("Billing:");
        billing.ShouldContain("Your card was charged twice");
        (await AnswerAsync("Handle billing.", "I lost my password.")).ShouldNotBe(billing);
        (await AnswerAsync("x", "")).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task SameRequest_SameAnswer()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => AnswerAsync(Explained, "Something odd happened, is it broken?")));
        answers.Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task Stream_HasTheSameTextAsTheAnswer()
    {
        var model = Models.Offline();
        ChatMessage[] messages = [new(ChatRole.System, "Handle billing."), new(ChatRole.User, "My card was charged twice.")];
        var streamed = new List<string>();
        await foreach (var update in model.GetStreamingResponseAsync(messages, cancellationToken: Stop)) streamed.Add(update.Text);

        string.Concat(streamed).ShouldBe((await model.GetResponseAsync(messages, cancellationToken: Stop)).Text);
        streamed.Count.ShouldBeGreaterThan(3);
    }
}
