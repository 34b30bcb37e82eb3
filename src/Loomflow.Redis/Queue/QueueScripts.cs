namespace Loomflow.Redis.Queue;

/// <summary>The scripts that make changes of the queue atomic. Every one of them touches keys of the queue alone.</summary>
internal static class QueueScripts
{
    // KEYS: line, headers, tickets, all runs. ARGV: run, header, user, channel, when it was created. Accepts a new run; a second time changes nothing.
    public const string Join = FairLine.Functions + """
        if redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2]) == 0 then return 0 end
        redis.call('ZADD', KEYS[4], ARGV[5], ARGV[1])
        join(KEYS[1], KEYS[3], ARGV[1], ARGV[3])
        redis.call('PUBLISH', ARGV[4], ARGV[1])
        return 1
        """;

    // KEYS: queue, line, headers, tickets. ARGV: group, consumer, count. Hands out runs that go on, and then those next in line.
    public const string Take = FairLine.Functions + """
        local function read(count)
          local streams = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', count, 'STREAMS', KEYS[1], '>')
          return streams and streams[1][2] or {}
        end
        local entries = read(ARGV[3])
        local room = tonumber(ARGV[3]) - #entries
        local added = 0
        while added < room do
          local run = serve(KEYS[2], KEYS[4])
          if not run then break end
          redis.call('XADD', KEYS[1], '*', 'run', run, 'header', redis.call('HGET', KEYS[3], run))
          redis.call('HDEL', KEYS[3], run)
          added = added + 1
        end
        if added > 0 then
          for _, entry in ipairs(read(added)) do entries[#entries + 1] = entry end
        end
        return entries
        """;

    // KEYS: timers, queue. ARGV: now, most. Moves runs that are due into the queue.
    public const string MoveDue = """
        local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])
        for _, run in ipairs(due) do
          redis.call('XADD', KEYS[2], '*', 'run', run)
          redis.call('ZREM', KEYS[1], run)
        end
        return #due
        """;

    // KEYS: queue. ARGV: group, consumer, entries. Checking and claiming at once, so that an entry is never taken back from its next owner.
    public const string Renew = """
        local own = {}
        for i = 3, #ARGV do
          local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2])
          if #pending == 1 then
            redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
            own[#own + 1] = ARGV[i]
          end
        end
        return own
        """;

    // KEYS: queue. ARGV: group, consumer, entry. An owner that has lost its run must not take the entry from whoever has it now: that is all that brings
    // the run to the next owner, should this one stop.
    public const string Acknowledge = """
        if #redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[3], ARGV[3], 1, ARGV[2]) == 0 then return 0 end
        redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
        redis.call('XDEL', KEYS[1], ARGV[3])
        return 1
        """;

    // KEYS: queue, ended. ARGV: group, entry, run and partition, when it ended. Nothing is left to do for the run.
    public const string Finish = """
        redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
        redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
        redis.call('XDEL', KEYS[1], ARGV[2])
        """;

    // KEYS: queue, line, timers. ARGV: group. Gives how many runs are handed out, how many wait to be, and how many come later.
    public const string Depth = """
        local owned = redis.call('XPENDING', KEYS[1], ARGV[1])[1]
        return { owned, redis.call('XLEN', KEYS[1]) - owned + redis.call('ZCARD', KEYS[2]), redis.call('ZCARD', KEYS[3]) }
        """;

    // KEYS: definitions. ARGV: how long to remember (ms), the definitions.
    public const string Announce = """
        local t = redis.call('TIME')
        local now = t[1] * 1000 + math.floor(t[2] / 1000)
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[1])
        for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now, ARGV[i]) end
        """;

    // KEYS: definitions. ARGV: definition, the oldest announcement that counts (ms).
    public const string IsAnnounced = """
        local t = redis.call('TIME')
        local announced = redis.call('ZSCORE', KEYS[1], ARGV[1])
        return announced and t[1] * 1000 + math.floor(t[2] / 1000) - announced <= tonumber(ARGV[2]) and 1 or 0
        """;

    // KEYS: places, line, tickets. ARGV: run, user, limit, whether it goes on rather than begins. Gives how many are before it in line, or -1 when it
    // has a place.
    public const string Admit = FairLine.Functions + """
        if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return -1 end
        local rank = redis.call('ZRANK', KEYS[2], ARGV[1])
        if redis.call('SCARD', KEYS[1]) < tonumber(ARGV[3]) and (rank == 0 or (not rank and redis.call('ZCARD', KEYS[2]) == 0)) then
          redis.call('ZREM', KEYS[2], ARGV[1])
          redis.call('SADD', KEYS[1], ARGV[1])
          return -1
        end
        if not rank then
          if ARGV[4] == '1' then redis.call('ZADD', KEYS[2], 0, ARGV[1]) else join(KEYS[2], KEYS[3], ARGV[1], ARGV[2]) end
        end
        return redis.call('ZRANK', KEYS[2], ARGV[1])
        """;

    // KEYS: places, line, tickets, queue. ARGV: run that gives its place back or nothing, limit or nothing when there is none any more, channel.
    // Gives how many runs were let in.
    public const string Leave = FairLine.Functions + """
        redis.call('SREM', KEYS[1], ARGV[1])
        redis.call('ZREM', KEYS[2], ARGV[1])
        if ARGV[2] == '' then redis.call('DEL', KEYS[1]) end
        local let = 0
        while ARGV[2] == '' or redis.call('SCARD', KEYS[1]) < tonumber(ARGV[2]) do
          local run = serve(KEYS[2], KEYS[3])
          if not run then break end
          if ARGV[2] ~= '' then redis.call('SADD', KEYS[1], run) end
          redis.call('XADD', KEYS[4], '*', 'run', run)
          let = let + 1
        end
        if let > 0 then redis.call('PUBLISH', ARGV[3], '') end
        return let
        """;
}
