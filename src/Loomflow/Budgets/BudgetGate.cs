using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>Stands before the model calls of one run: what the run may consume, and what its user may.</summary>
/// <param name="options">The limits.</param>
/// <param name="scope">The run, whose consumption counts.</param>
/// <param name="place">Where in the run the calls are made; the run itself when left out.</param>
internal sealed class BudgetGate(AgentOptions options, StepScope scope, StepScope? place = null)
{
    private BudgetReservation? _reservation;
    private bool _warned;

    /// <summary>Makes room for a call, or gives the limit that stands against it.</summary>
    public async ValueTask<string?> ReserveAsync(IEnumerable<ChatMessage> messages, string? model, CancellationToken cancellationToken)
    {
        if (options.Budget is null && options.UserBudget is null) return null;
        var tokens = Conversation.EstimateTokens(messages);
        var estimate = new BudgetAmount(tokens, 0, PriceOf(model, options)?.CostOf(tokens, 0) ?? 0);
        if (options.Budget is { } own)
        {
            var consumed = scope.Consumed;
            if (own.Exceeded(consumed, estimate) is { } limit) return limit;
            if (!_warned && own.Near(consumed) is { } near)
            {
                _warned = true;
                await scope.AppendAsync(new BudgetExceeded { Limit = near, Warning = true }).ConfigureAwait(false);
            }
        }

        if (options.UserBudget is not { } user) return null;
        var reservation = await options.BudgetLedger!.ReserveAsync(scope.Context.Run.Partition, user, estimate, cancellationToken).ConfigureAwait(false);
        if (!reservation.Granted) return $"user_{SnakeCase(reservation.ExceededLimit!)}";
        _reservation = reservation;
        return null;
    }

    /// <summary>Says what the call really consumed; <see cref="Usage.None"/> when it was not made.</summary>
    public async ValueTask SettleAsync(Usage consumed, TimeSpan duration)
    {
        (place ?? scope).Usage.Add(consumed);
        if (_reservation is not { } reservation) return;
        _reservation = null;
        var actual = new BudgetAmount(consumed.InputTokens, consumed.OutputTokens, consumed.Cost, duration);
        await options.BudgetLedger!.SettleAsync(reservation, actual, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>What a model costs. Where there is a limit on cost, a model of unknown price would slip through it, so it is refused.</summary>
    public static ModelPrice? PriceOf(string? model, AgentOptions options)
    {
        var price = options.Prices.Find(model);
        return price is null && model is not null && (options.Budget?.MaxCost ?? options.UserBudget?.MaxCost) is not null
            ? throw new InvalidOperationException($"There is a limit on cost, and the price of model '{model}' is not known: add it to AgentOptions.Prices.")
            : price;
    }

    private static string SnakeCase(string name) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
