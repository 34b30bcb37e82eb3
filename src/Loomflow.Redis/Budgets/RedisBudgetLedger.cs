using StackExchange.Redis;

namespace Loomflow.Redis.Budgets;

/// <summary>Counts what users spend in Redis, for all processes together. Cost is counted to a billionth of a dollar.</summary>
public sealed class RedisBudgetLedger : IBudgetLedger
{
    private const decimal CostUnits = 1_000_000_000m;
    private static readonly string[] s_limits =
        ["", nameof(UserBudget.MaxTokens), nameof(UserBudget.MaxInputTokens), nameof(UserBudget.MaxOutputTokens), nameof(UserBudget.MaxCost), nameof(UserBudget.MaxWallClock)];

    // A call may settle for a while after its window has ended.
    private static readonly TimeSpan s_grace = TimeSpan.FromHours(1);

    private readonly IConnectionMultiplexer _connection;
    private readonly string _keyPrefix;
    private readonly TimeProvider _time;
    private readonly TimeSpan _reservationLifetime;

    /// <summary>Creates a ledger.</summary>
    /// <param name="connection">The connection; stays the caller's.</param>
    /// <param name="keyPrefix">What all keys begin with.</param>
    /// <param name="time">The clock that says which window it is, and when a reservation is overdue.</param>
    /// <param name="reservationLifetime">How long a reservation that is not settled counts; 15 minutes. Longer than any model call.</param>
    public RedisBudgetLedger(IConnectionMultiplexer connection, string keyPrefix = "loom:budget", TimeProvider? time = null, TimeSpan? reservationLifetime = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        ArgumentException.ThrowIfNullOrEmpty(keyPrefix);
        (_connection, _keyPrefix, _time) = (connection, keyPrefix, time ?? TimeProvider.System);
        _reservationLifetime = BudgetWindow.ReservationLifetime(reservationLifetime);
    }

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
            now.ToUnixTimeMilliseconds(), id, (now + _reservationLifetime).ToUnixTimeMilliseconds(), (long)(start + budget.Window + s_grace - now).TotalMilliseconds, .. Units(amount),
            Or(budget.MaxTokens), Or(budget.MaxInputTokens), Or(budget.MaxOutputTokens),
            Or(budget.MaxCost is { } cost ? Units(cost) : null), Or((long?)budget.MaxWallClock?.TotalMilliseconds),
        ];
        var reply = (RedisValue[])(await EvaluateAsync(BudgetScripts.Reserve, Keys(partition, budget.Window, start), arguments, cancellationToken))!;
        var limit = s_limits[(int)reply[0]];
        return new BudgetReservation(id, partition, amount, budget.Window, start, Amount(reply.AsSpan(1)), limit.Length == 0 ? null : limit);
    }

    /// <inheritdoc />
    public async ValueTask SettleAsync(BudgetReservation reservation, BudgetAmount actual, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(reservation);
        BudgetWindow.Validate(reservation.Window, actual);
        await EvaluateAsync(
            BudgetScripts.Settle, Keys(reservation.Partition, reservation.Window, reservation.WindowStart), [reservation.Id, .. Units(actual)], cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask<BudgetAmount> GetSpentAsync(PartitionKey partition, TimeSpan window, CancellationToken cancellationToken = default)
    {
        BudgetWindow.Validate(window, default);
        var now = _time.GetUtcNow();
        var keys = Keys(partition, window, BudgetWindow.Start(now, window));
        return Amount((RedisValue[])(await EvaluateAsync(BudgetScripts.Spent, keys, [now.ToUnixTimeMilliseconds()], cancellationToken))!);
    }

    // Every script may be carried out twice, so a reply that was lost is asked for again.
    private Task<RedisResult> EvaluateAsync(string script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken) =>
        Outage.RideOutAsync(() => _connection.GetDatabase().ScriptEvaluateAsync(script, keys, arguments), _time, cancellationToken);

    private RedisKey[] Keys(PartitionKey partition, TimeSpan window, DateTimeOffset start)
    {
        var root = $"{_keyPrefix}:{{{partition.Encode()}}}:{(long)window.TotalSeconds}:{start.ToUnixTimeSeconds()}";
        return [root, root + ":open", root + ":due"];
    }

    private static RedisValue[] Units(BudgetAmount amount) =>
        [amount.InputTokens, amount.OutputTokens, Units(amount.Cost), (long)amount.WallClock.TotalMilliseconds];

    private static long Units(decimal cost) => (long)decimal.Round(cost * CostUnits);

    private static BudgetAmount Amount(ReadOnlySpan<RedisValue> units) => new(
        (long)units[0], (long)units[1], (long)units[2] / CostUnits, TimeSpan.FromMilliseconds((long)units[3]));

    private static RedisValue Or(long? limit) => limit is { } value ? value : RedisValue.EmptyString;
}
