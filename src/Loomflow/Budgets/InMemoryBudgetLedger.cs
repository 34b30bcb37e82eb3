using System.Collections.Concurrent;

namespace Loomflow;

/// <summary>Counts what users spend in this process alone.</summary>
/// <param name="time">The clock.</param>
public sealed class InMemoryBudgetLedger(TimeProvider? time = null) : IBudgetLedger
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly ConcurrentDictionary<(PartitionKey Partition, TimeSpan Window), Account> _accounts = new();
    private long _calls;

    /// <inheritdoc />
    public ValueTask<BudgetReservation> ReserveAsync(
        PartitionKey partition, UserBudget budget, BudgetAmount amount, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(budget);
        BudgetWindow.Validate(budget.Window, amount);
        cancellationToken.ThrowIfCancellationRequested();
        var start = BudgetWindow.Start(_time.GetUtcNow(), budget.Window);
        if (Interlocked.Increment(ref _calls) % 1_000 == 0) DropEnded();

        var id = Guid.NewGuid().ToString("n");
        var account = _accounts.AddOrUpdate(
            (partition, budget.Window),
            _ => new Account(start),
            (_, kept) => kept.Start == start ? kept : new Account(start));
        lock (account)
        {
            var exceeded = budget.ExceededBy(account.Spent + amount);
            if (exceeded is null)
            {
                account.Spent += amount;
                account.Open.Add(id);
            }

            return ValueTask.FromResult(new BudgetReservation(id, partition, amount, budget.Window, start, account.Spent, exceeded));
        }
    }

    /// <inheritdoc />
    public ValueTask SettleAsync(BudgetReservation reservation, BudgetAmount actual, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        BudgetWindow.Validate(reservation.Window, actual);
        if (_accounts.TryGetValue((reservation.Partition, reservation.Window), out var account) && account.Start == reservation.WindowStart)
        {
            lock (account)
            {
                if (account.Open.Remove(reservation.Id)) account.Spent += actual - reservation.Reserved;
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<BudgetAmount> GetSpentAsync(PartitionKey partition, TimeSpan window, CancellationToken cancellationToken = default)
    {
        BudgetWindow.Validate(window, default);
        var isCurrent = _accounts.TryGetValue((partition, window), out var account) && account.Start == BudgetWindow.Start(_time.GetUtcNow(), window);
        if (!isCurrent) return ValueTask.FromResult(default(BudgetAmount));
        lock (account!) return ValueTask.FromResult(account.Spent);
    }

    private void DropEnded()
    {
        var now = _time.GetUtcNow();
        foreach (var entry in _accounts)
        {
            if (entry.Value.Start != BudgetWindow.Start(now, entry.Key.Window)) _accounts.TryRemove(entry);
        }
    }

    private sealed class Account(DateTimeOffset start)
    {
        public DateTimeOffset Start { get; } = start;

        public BudgetAmount Spent { get; set; }

        public HashSet<string> Open { get; } = new(StringComparer.Ordinal);
    }
}
