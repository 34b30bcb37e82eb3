namespace Loomflow.Redis.Budgets;

/// <summary>
/// The scripts that count. What a user has spent in a window is a hash of input and output tokens, billionths of a dollar and milliseconds; a second hash
/// holds the reservations that are open. All of it expires with the window.
/// </summary>
internal static class BudgetScripts
{
    /// <summary>
    /// KEYS: spent, open. ARGV: reservation, milliseconds to keep the keys, four amounts, limits of total tokens and of the four amounts or nothing.
    /// Gives the number of the limit that stands against it or 0, and what is spent now.
    /// </summary>
    public const string Reserve = """
        local spent = redis.call('HMGET', KEYS[1], 'input', 'output', 'cost', 'clock')
        local now, total = {}, 0
        for i = 1, 4 do now[i] = tonumber(spent[i] or 0) + tonumber(ARGV[2 + i]) end
        local asked = { now[1] + now[2], now[1], now[2], now[3], now[4] }
        for i = 1, 5 do
          local limit = tonumber(ARGV[6 + i])
          if limit and asked[i] > limit then return { i, spent[1] or '0', spent[2] or '0', spent[3] or '0', spent[4] or '0' } end
        end
        local names, result = { 'input', 'output', 'cost', 'clock' }, { 0 }
        for i = 1, 4 do result[i + 1] = string.format('%.0f', redis.call('HINCRBY', KEYS[1], names[i], ARGV[2 + i])) end
        redis.call('HSET', KEYS[2], ARGV[1], table.concat(ARGV, ' ', 3, 6))
        redis.call('PEXPIRE', KEYS[1], ARGV[2])
        redis.call('PEXPIRE', KEYS[2], ARGV[2])
        return result
        """;

    /// <summary>KEYS: spent, open. ARGV: reservation, four amounts. Does nothing where the reservation is not open.</summary>
    public const string Settle = """
        local reserved = redis.call('HGET', KEYS[2], ARGV[1])
        if not reserved then return 0 end
        redis.call('HDEL', KEYS[2], ARGV[1])
        local i, names = 1, { 'input', 'output', 'cost', 'clock' }
        for amount in string.gmatch(reserved, '%S+') do
          redis.call('HINCRBY', KEYS[1], names[i], string.format('%.0f', tonumber(ARGV[1 + i]) - tonumber(amount)))
          i = i + 1
        end
        return 1
        """;

    /// <summary>
    /// KEYS: bucket. ARGV: microseconds for one more, microseconds for a whole bucket. The server's clock counts, so that processes need not agree on theirs.
    /// Gives 0, or the microseconds to wait.
    /// </summary>
    public const string Acquire = """
        local time = redis.call('TIME')
        local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
        local full = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
        local next = full + tonumber(ARGV[1])
        local wait = next - now - tonumber(ARGV[2])
        if wait > 0 then return wait end
        redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', math.ceil((next - now) / 1000) + 1000)
        return 0
        """;
}
