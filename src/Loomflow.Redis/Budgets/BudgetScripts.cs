namespace Loomflow.Redis.Budgets;

/// <summary>
/// The scripts that count. What a user has spent in a window is a hash of input and output tokens, billionths of a dollar and milliseconds; a second hash
/// holds the reservations that are open, and a sorted set when each of them is overdue. All of it expires with the window.
/// </summary>
internal static class BudgetScripts
{
    // What is overdue is given back, and its reservation stays known as one that holds nothing: should its call settle after all, it counts in full.
    private const string Common = """
        local spent, open, due = unpack(KEYS)
        local names = { 'input', 'output', 'cost', 'clock' }
        local function add(reservation, actual, sign)
          local i = 1
          for amount in string.gmatch(reservation, '%S+') do
            redis.call('HINCRBY', spent, names[i], string.format('%.0f', (actual and tonumber(actual[i]) or 0) + sign * tonumber(amount) + 0))
            i = i + 1
          end
        end
        local function giveBack(now)
          for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, 100)) do
            add(redis.call('HGET', open, id) or '', nil, -1)
            redis.call('HSET', open, id, '')
            redis.call('ZREM', due, id)
          end
        end
        local function count()
          local now = redis.call('HMGET', spent, unpack(names))
          for i = 1, 4 do now[i] = now[i] or '0' end
          return now
        end

        """;

    /// <summary>
    /// ARGV: time, reservation, when it is overdue, milliseconds to keep the keys, four amounts, limits of total tokens and of the four amounts or nothing.
    /// Gives the number of the limit that stands against it or 0, and what is spent now. The same reservation again changes nothing.
    /// </summary>
    public const string Reserve = Common + """
        giveBack(ARGV[1])
        local now = count()
        if redis.call('HEXISTS', open, ARGV[2]) == 1 then return { 0, unpack(now) } end
        local after = {}
        for i = 1, 4 do after[i] = tonumber(now[i]) + tonumber(ARGV[4 + i]) end
        local asked = { after[1] + after[2], unpack(after) }
        for i = 1, 5 do
          local limit = tonumber(ARGV[8 + i])
          if limit and asked[i] > limit then return { i, unpack(now) } end
        end
        local amounts = table.concat(ARGV, ' ', 5, 8)
        add(amounts, nil, 1)
        redis.call('HSET', open, ARGV[2], amounts)
        redis.call('ZADD', due, ARGV[3], ARGV[2])
        for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], ARGV[4]) end
        return { 0, unpack(count()) }
        """;

    /// <summary>ARGV: reservation, four amounts. Does nothing where the reservation is not known.</summary>
    public const string Settle = Common + """
        local reserved = redis.call('HGET', open, ARGV[1])
        if not reserved then return 0 end
        redis.call('HDEL', open, ARGV[1])
        redis.call('ZREM', due, ARGV[1])
        add(reserved == '' and '0 0 0 0' or reserved, { ARGV[2], ARGV[3], ARGV[4], ARGV[5] }, -1)
        return 1
        """;

    /// <summary>ARGV: time. Gives what is spent now.</summary>
    public const string Spent = Common + """
        giveBack(ARGV[1])
        return count()
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
