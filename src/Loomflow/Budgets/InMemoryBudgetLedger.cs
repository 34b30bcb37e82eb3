using System.Collections.Concurrent;

namespace Loomflow;

/// <summary>Counts what users spend in this process alone.</summary>
/// <param name="time">The clock.</param>
/// <param name="reservationLifetime">How long a reservation that is not settled counts; 15 minutes. Longer than any model call.</param>
public sealed class InMemoryBudgetLedger(TimeProvider? time = null, TimeSpan? reservationLifetime = null) : IBudgetLedger
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly TimeSpan _reservationLifetime = BudgetWindow.ReservationLifetime(reservationLifetime);
    private readonly ConcurrentDictionary<(PartitionKey Partition, TimeSpan Window), Account> _accounts = new();
    private long _calls;

    /// <inheritdoc />
    public ValueTask<BudgetReservation> ReserveAsync(
        PartitionKey partition, UserBudget budget, BudgetAmount amount, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(budget);
        BudgetWindow.Validate(budget.Window, amount);
        cancellationToken.ThrowIfCancellationRequested();
        var now = _time.GetUtcNow();
        var start = BudgetWindow.Start(now, budget.Window);
        if (Interlocked.Increment(ref _calls) % 1_000 == 0) DropEnded();

        var id = Guid.NewGuid().ToString("n");
        var account = _accounts.AddOrUpdate(
            (partition, budget.Window),
            _ => new Account(start),
            (_, kept) => kept.Start == start ? kept : new Account(start));
        lock (account)
        {
            account.GiveBack(now);
            var exceeded = budget.ExceededBy(account.Spent + amount);
            if (exceeded is null)
            {
                account.Spent += amount;
                account.Open[id] = (amount, now + _reservationLifetime);
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
                if (account.Open.Remove(reservation.Id, out var open)) account.Spent += actual - open.Reserved;
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
        lock (account!)
        {
            account.GiveBack(_time.GetUtcNow());
            return ValueTask.FromResult(account.Spent);
        }
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

        public Dictionary<string, (BudgetAmount Reserved, DateTimeOffset Due)> Open { get; } = new(StringComparer.Ordinal);

        // One that is overdue stays known, and holds nothing any more.
        public void GiveBack(DateTimeOffset now)
        {
            foreach (var (id, (reserved, _)) in Open.Where(entry => entry.Value.Due <= now).ToList())
            {
                Spent -= reserved;
                Open[id] = (default, DateTimeOffset.MaxValue);
            }
        }
    }
}
