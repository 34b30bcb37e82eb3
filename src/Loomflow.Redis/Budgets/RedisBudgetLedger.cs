using StackExchange.Redis;

namespace Loomflow.Redis.Budgets;

/// <summary>Counts what users spend in Redis, for all processes together. Cost is counted to a billionth of a dollar.</summary>
/// <param name="connection">The connection; stays the caller's.</param>
/// <param name="keyPrefix">What all keys begin with.</param>
/// <param name="time">The clock that says which window it is.</param>
public sealed class RedisBudgetLedger(IConnectionMultiplexer connection, string keyPrefix = "loom:budget", TimeProvider? time = null) : IBudgetLedger
{
    private const decimal CostUnits = 1_000_000_000m;
    private static readonly string[] s_limits =
        ["", nameof(UserBudget.MaxTokens), nameof(UserBudget.MaxInputTokens), nameof(UserBudget.MaxOutputTokens), nameof(UserBudget.MaxCost), nameof(UserBudget.MaxWallClock)];

    // A call may settle for a while after its window has ended.
    private static readonly TimeSpan s_grace = TimeSpan.FromHours(1);
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <inheritdoc />
    public async ValueTask<BudgetReservation> ReserveAsync(
        PartitionKey partition, UserBudget budget, BudgetAmount amount, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(budget);
        BudgetWindow.Validate(budget.Window, amount);
        var now = _time.GetUtcNow();
        var start = BudgetWindow.Start(now, budget.Window);
        var id = Guid.NewGuid().ToString("n");
        RedisValue[] arguments =
        [
            id, (long)(start + budget.Window + s_grace - now).TotalMilliseconds, .. Units(amount),
            Or(budget.MaxTokens), Or(budget.MaxInputTokens), Or(budget.MaxOutputTokens),
            Or(budget.MaxCost is { } cost ? Units(cost) : null), Or((long?)budget.MaxWallClock?.TotalMilliseconds),
        ];
        var reply = (RedisValue[])(await connection.GetDatabase()
            .ScriptEvaluateAsync(BudgetScripts.Reserve, Keys(partition, budget.Window, start), arguments)
            .WaitAsync(cancellationToken))!;
        var limit = s_limits[(int)reply[0]];
        return new BudgetReservation(id, partition, amount, budget.Window, start, Amount(reply.AsSpan(1)), limit.Length == 0 ? null : limit);
    }

    /// <inheritdoc />
    public async ValueTask SettleAsync(BudgetReservation reservation, BudgetAmount actual, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        BudgetWindow.Validate(reservation.Window, actual);
        await connection.GetDatabase()
            .ScriptEvaluateAsync(BudgetScripts.Settle, Keys(reservation.Partition, reservation.Window, reservation.WindowStart), [reservation.Id, .. Units(actual)])
            .WaitAsync(cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<BudgetAmount> GetSpentAsync(PartitionKey partition, TimeSpan window, CancellationToken cancellationToken = default)
    {
        BudgetWindow.Validate(window, default);
        var keys = Keys(partition, window, BudgetWindow.Start(_time.GetUtcNow(), window));
        return Amount(await connection.GetDatabase().HashGetAsync(keys[0], ["input", "output", "cost", "clock"]).WaitAsync(cancellationToken));
    }

    private RedisKey[] Keys(PartitionKey partition, TimeSpan window, DateTimeOffset start)
    {
        var root = $"{keyPrefix}:{{{partition.Encode()}}}:{(long)window.TotalSeconds}:{start.ToUnixTimeSeconds()}";
        return [root, root + ":open"];
    }

    private static RedisValue[] Units(BudgetAmount amount) =>
        [amount.InputTokens, amount.OutputTokens, Units(amount.Cost), (long)amount.WallClock.TotalMilliseconds];

    private static long Units(decimal cost) => (long)decimal.Round(cost * CostUnits);

    private static BudgetAmount Amount(ReadOnlySpan<RedisValue> units) => new(
        Long(units[0]), Long(units[1]), Long(units[2]) / CostUnits, TimeSpan.FromMilliseconds(Long(units[3])));

    private static long Long(RedisValue value) => value.IsNullOrEmpty ? 0 : (long)value;

    private static RedisValue Or(long? limit) => limit is { } value ? value : RedisValue.EmptyString;
}
