namespace Loomflow.Redis.Runs;

/// <summary>The scripts that make changes of a run atomic. Every one of them touches the keys of one run alone.</summary>
internal static class RunScripts
{
    public const string Fenced = "FENCED";

    // KEYS: record. ARGV: header, status, now. Gives 1 when the run is new.
    public const string Create = """
        if redis.call('HSETNX', KEYS[1], 'header', ARGV[1]) == 0 then return 0 end
        redis.call('HSET', KEYS[1], 'status', ARGV[2], 'epoch', 0, 'progress', 0, 'seq', 0, 'audited', 0, 'updated', ARGV[3])
        return 1
        """;

    // KEYS: record, inbox. ARGV: queue entry, now. Gives the new epoch, the record and how much mail there is; 0 for a second entry of a run that is owned, -1 for
    // a run that does not exist.
    public const string Acquire = """
        local run = redis.call('HMGET', KEYS[1], 'status', 'entry', 'ended')
        if not run[1] then return { -1 } end
        if run[1] == 'running' and run[2] and run[2] ~= ARGV[1] then return { 0 } end
        redis.call('HSET', KEYS[1], 'entry', ARGV[1])
        if not run[3] then redis.call('HSET', KEYS[1], 'status', 'running', 'reason', '', 'updated', ARGV[2]) end
        local epoch = redis.call('HINCRBY', KEYS[1], 'epoch', 1)
        return { epoch, redis.call('HGETALL', KEYS[1]), redis.call('XLEN', KEYS[2]) }
        """;

    // KEYS: record, journal. ARGV: header, now, number of events, the events. Creates a run that has a past.
    public const string Fork = """
        if redis.call('HSETNX', KEYS[1], 'header', ARGV[1]) == 0 then return 0 end
        local count = tonumber(ARGV[3])
        for i = 1, count do redis.call('XADD', KEYS[2], string.format('%d-0', i), 'e', ARGV[3 + i]) end
        redis.call('HSET', KEYS[1], 'status', 'queued', 'epoch', 0, 'progress', 0, 'seq', count, 'audited', 0, 'updated', ARGV[2])
        return 1
        """;

    // KEYS: record, journal. ARGV: event, now, reason, channel of the run's changes, channel of endings, run id. Ends a parked run, and gives
    // whether it was one.
    public const string Discard = """
        local run = redis.call('HMGET', KEYS[1], 'status', 'seq')
        if run[1] ~= 'parked' then return 0 end
        local seq = tonumber(run[2]) + 1
        redis.call('HINCRBY', KEYS[1], 'epoch', 1)
        redis.call('XADD', KEYS[2], string.format('%d-0', seq), 'e', ARGV[1])
        redis.call('HSET', KEYS[1], 'status', 'cancelled', 'ended', 'cancelled', 'seq', seq, 'reason', ARGV[3], 'updated', ARGV[2])
        redis.call('PUBLISH', ARGV[4], seq)
        redis.call('PUBLISH', ARGV[5], ARGV[6])
        return 1
        """;

    // Appending the same events again under the same epoch changes nothing, so that an append whose answer was lost can be repeated.
    // KEYS: record, journal, and the children when one of the events is terminal. ARGV: epoch, first sequence number, channel of the run's changes, number of
    // events, channel of endings and run id or nothing twice, the events, then pairs of field and value. Gives how many runs this one has started, where it has
    // ended.
    public const string Append = """
        local run = redis.call('HMGET', KEYS[1], 'epoch', 'seq')
        if run[1] ~= ARGV[1] then return redis.error_reply('FENCED') end
        local first = tonumber(ARGV[2])
        local count = tonumber(ARGV[4])
        local last = first + count - 1
        local children = KEYS[3] and redis.call('SCARD', KEYS[3]) or 0
        if count > 0 and tonumber(run[2]) >= last then return children end
        for i = 1, count do redis.call('XADD', KEYS[2], string.format('%d-0', first + i - 1), 'e', ARGV[6 + i]) end
        redis.call('HSET', KEYS[1], unpack(ARGV, 7 + count))
        if count > 0 then redis.call('PUBLISH', ARGV[3], last) end
        if KEYS[3] then redis.call('PUBLISH', ARGV[5], ARGV[6]) end
        return children
        """;

    // An owner that gives a run up did not come to nothing, whatever it wrote.
    // KEYS: record, inbox. ARGV: epoch, last inbox message seen or nothing when it does not matter, status, reason, now. Gives 0 when there is mail that
    // was not seen.
    public const string LetGo = """
        if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return redis.error_reply('FENCED') end
        local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)
        if ARGV[2] ~= '' and #last > 0 and last[1][1] ~= ARGV[2] then return 0 end
        redis.call('HSET', KEYS[1], 'status', ARGV[3], 'reason', ARGV[4], 'updated', ARGV[5], 'progress', ARGV[1])
        redis.call('HDEL', KEYS[1], 'entry')
        return 1
        """;

    // KEYS: record. ARGV: reason, now.
    public const string NoteInLine = """
        local run = redis.call('HMGET', KEYS[1], 'status', 'ended')
        if run[1] and run[1] ~= 'running' and not run[2] then redis.call('HSET', KEYS[1], 'status', 'queued', 'reason', ARGV[1], 'updated', ARGV[2]) end
        """;

    // KEYS: record, journal, inbox, answers, children. Leaves of a run that has ended only the record. Owners note that it has when it is audited.
    public const string Trim = """
        local run = redis.call('HMGET', KEYS[1], 'status', 'ended')
        if run[1] and not run[2] then return end
        redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5])
        if run[1] then redis.call('HSET', KEYS[1], 'trimmed', 1) end
        """;

    // KEYS: record, inbox. ARGV: message. Gives the run's status, or nothing when the run does not exist.
    public const string Post = """
        local run = redis.call('HMGET', KEYS[1], 'status', 'ended')
        if not run[1] then return false end
        if run[2] then return run[2] end
        redis.call('XADD', KEYS[2], '*', 'm', ARGV[1])
        return run[1]
        """;

    // KEYS: record, inbox, answers. ARGV: question, decision, message. Gives the run's status and the decision that counts.
    public const string Answer = """
        if redis.call('HSETNX', KEYS[3], ARGV[1], ARGV[2]) == 1 then redis.call('XADD', KEYS[2], '*', 'm', ARGV[3]) end
        return { redis.call('HGET', KEYS[1], 'status'), redis.call('HGET', KEYS[3], ARGV[1]) }
        """;
}
