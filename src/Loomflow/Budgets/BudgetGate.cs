using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>Stands before the model calls of one run: what the run may consume, and what its user may.</summary>
/// <param name="options">The limits.</param>
/// <param name="scope">The run, whose consumption counts.</param>
/// <param name="place">Where in the run the calls are made; the run itself when left out.</param>
internal sealed class BudgetGate(AgentOptions options, StepScope scope, StepScope? place = null)
{
    private readonly List<(BudgetReservation Reservation, IBudgetLedger Ledger)> _open = [];
    private CallLimits? _limits;
    private bool _warned;

    /// <summary>The limits of the run's user.</summary>
    public CallLimits Limits => _limits ??= CallLimits.Of(options, scope.Context.Services);

    /// <summary>Makes room for a call, or gives the limit that stands against it.</summary>
    public async ValueTask<string?> ReserveAsync(IEnumerable<ChatMessage> messages, ChatOptions chat, string? model, CancellationToken cancellationToken)
    {
        if (options.Budget is null && Limits.Budgets.Count == 0) return null;
        var price = PriceOf(model);
        var tokens = Conversation.EstimateTokens(messages);
        if (options.Budget is { } own)
        {
            // A run's calls follow one another: what the last one produced is known when the next one asks.
            var consumed = scope.Consumed;
            if (own.Exceeded(consumed, new BudgetAmount(tokens, 0, price?.CostOf(tokens, 0) ?? 0)) is { } limit) return limit;
            if (!_warned && own.Near(consumed) is { } near)
            {
                _warned = true;
                await scope.AppendAsync(new BudgetExceeded { Limit = near, Warning = true }).ConfigureAwait(false);
            }
        }

        var output = chat.MaxOutputTokens ?? options.ExpectedOutputTokens;
        var expected = new BudgetAmount(tokens, output, price?.CostOf(tokens, output) ?? 0);
        foreach (var (budget, ledger) in Limits.Budgets)
        {
            var reservation = await ledger.ReserveAsync(scope.Context.Run.Partition, budget, expected, cancellationToken).ConfigureAwait(false);
            if (!reservation.Granted)
            {
                await SettleAsync(default).ConfigureAwait(false);
                return $"user_{SnakeCase(reservation.ExceededLimit!)}";
            }

            _open.Add((reservation, ledger));
        }

        return null;
    }

    /// <summary>Says what the call really consumed; <see cref="Usage.None"/> when it was not made.</summary>
    public async ValueTask SettleAsync(Usage consumed, TimeSpan duration)
    {
        (place ?? scope).Usage.Add(consumed);
        await SettleAsync(new BudgetAmount(consumed.InputTokens, consumed.OutputTokens, consumed.Cost, duration)).ConfigureAwait(false);
    }

    /// <summary>What a model costs. Where there is a limit on cost, a model of unknown price would slip through it, so it is refused.</summary>
    public ModelPrice? PriceOf(string? model)
    {
        var price = options.Prices.Find(model);
        return price is null && model is not null && (options.Budget?.MaxCost is not null || Limits.HasCost)
            ? throw new InvalidOperationException($"There is a limit on cost, and the price of model '{model}' is not known: add it to AgentOptions.Prices.")
            : price;
    }

    private async ValueTask SettleAsync(BudgetAmount actual)
    {
        if (_open.Count == 0) return;
        var settling = _open.ToArray();
        _open.Clear();
        foreach (var (reservation, ledger) in settling) await ledger.SettleAsync(reservation, actual, CancellationToken.None).ConfigureAwait(false);
    }

    private static string SnakeCase(string name) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
