namespace Loomflow.Redis.Memory;

/// <summary>
/// The scripts that make changes of a partition atomic. KEYS are always those of <see cref="MemoryKeys.All"/>. An episode is kept as its place
/// in its conversation (encoded session, ':', sortable time), a line feed, and JSON; a topic as a JSON array of facts; a block as ordinal,
/// time of writing and content, each on a line. Every change is counted and noted in a log, so that indexes in processes can follow.
/// </summary>
internal static class MemoryScripts
{
    // ARGV 1 to 4: a new generation's name, length of the log, milliseconds that an idle partition is kept, that episodes are kept; empty for ever.
    private const string Common = """
        local meta, log, ep, vec, time, place, session, topic, fvec, ftime, fend, block = unpack(KEYS, 1, 12)
        local generation, logLength, idle, episodes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])

        local version
        local function changed(what)
          if not version then
            redis.call('HSETNX', meta, 'generation', generation)
            version = redis.call('HINCRBY', meta, 'version', 1)
          end
          redis.call('ZADD', log, version, what)
        end

        local function finish()
          local excess = redis.call('ZCARD', log) - logLength
          if excess > 0 then
            local popped = redis.call('ZPOPMIN', log, excess)
            redis.call('HSET', meta, 'floor', popped[#popped])
          end
          if not idle and redis.call('PTTL', meta) >= 0 then
            for i = 1, 12 do redis.call('PERSIST', KEYS[i]) end
          end
          if idle then
            for i = 1, 12 do redis.call('PEXPIRE', KEYS[i], idle) end
          end
          if episodes then
            for i = 3, 7 do redis.call('PEXPIRE', KEYS[i], math.min(episodes, idle or episodes)) end
          end
        end

        local function drop(id)
          local body = redis.call('HGET', ep, id)
          if not body then return false end
          local head = string.sub(body, 1, string.find(body, '\n', 1, true) - 1)
          local name = string.match(head, '^[^:]*')
          redis.call('HDEL', ep, id)
          redis.call('HDEL', vec, id)
          redis.call('ZREM', time, id)
          redis.call('ZREM', place, head .. ':' .. id)
          local last = redis.call('ZREVRANGEBYLEX', place, '(' .. name .. ';', '[' .. name .. ':', 'LIMIT', 0, 1)
          if #last == 0 then
            redis.call('ZREM', session, name)
          else
            redis.call('ZADD', session, tonumber(string.match(last[1], '^[^:]*:([^:]*)'), 16), name)
          end
          changed('e' .. id)
          return true
        end

        """;

    /// <summary>
    /// ARGV 5 …: id, place, body, vector, time, most episodes, time of the oldest to keep; and with the key of a document of the search module its
    /// partition, text, and the vector's field and value. Gives the ids of those that made room.
    /// </summary>
    public const string Remember = Common + """
        local id, at = ARGV[5], ARGV[9]
        drop(id)
        redis.call('HSET', ep, id, ARGV[6] .. '\n' .. ARGV[7])
        if ARGV[8] ~= '' then redis.call('HSET', vec, id, ARGV[8]) end
        redis.call('ZADD', time, at, id)
        redis.call('ZADD', place, 0, ARGV[6] .. ':' .. id)
        redis.call('ZADD', session, 'GT', at, string.match(ARGV[6], '^[^:]*'))
        changed('e' .. id)
        local gone = {}
        local excess = math.min(redis.call('ZCARD', time) - tonumber(ARGV[10]), 1000)
        if excess > 0 then gone = redis.call('ZRANGE', time, 0, excess - 1) end
        for _, other in ipairs(gone) do drop(other) end
        local old = redis.call('ZRANGEBYSCORE', time, '-inf', '(' .. ARGV[11], 'LIMIT', 0, 100)
        for _, other in ipairs(old) do
          drop(other)
          gone[#gone + 1] = other
        end
        if #KEYS == 13 then
          if redis.call('HEXISTS', ep, id) == 1 then
            redis.call('HSET', KEYS[13], 'p', ARGV[12], 't', ARGV[13], 'at', at)
            if ARGV[15] ~= '' then redis.call('HSET', KEYS[13], ARGV[14], ARGV[15]) end
            if episodes then redis.call('PEXPIRE', KEYS[13], episodes) end
          end
        else
          redis.call('HDEL', meta, 'documents')
        end
        finish()
        return gone
        """;

    /// <summary>ARGV 5 …: generation and version that the reader has, whether it follows episodes. Gives state, generation, version, changes.</summary>
    public const string Follow = Common + """
        local has = redis.call('HMGET', meta, 'generation', 'version', 'floor')
        if not has[1] then return { 'empty' } end
        local seen, now, floor = tonumber(ARGV[6]), tonumber(has[2]), tonumber(has[3] or 0)
        if has[1] ~= ARGV[5] or seen > now or seen < floor then return { 'other', has[1], has[2] } end
        local changes = {}
        if seen < now then
          for _, what in ipairs(redis.call('ZRANGEBYSCORE', log, '(' .. seen, '+inf')) do
            local kind, id = string.sub(what, 1, 1), string.sub(what, 2)
            if kind == 'f' then
              local facts = redis.call('HGET', topic, id) or ''
              local change = { kind, id, facts }
              if facts ~= '' then
                for _, fact in ipairs(cjson.decode(facts)) do
                  change[#change + 1] = redis.call('HGET', fvec, fact.id) or ''
                end
              end
              changes[#changes + 1] = change
            elseif ARGV[7] == '1' then
              changes[#changes + 1] = { kind, id, redis.call('HGET', ep, id) or '', redis.call('HGET', vec, id) or '' }
            end
          end
        end
        return { 'same', has[1], has[2], changes }
        """;

    /// <summary>ARGV 5 …: from and before which time, how many, how many of the newest not. Gives the newest, newest first.</summary>
    public const string Newest = Common + """
        local ids = redis.call('ZREVRANGEBYSCORE', time, '(' .. ARGV[6], ARGV[5], 'LIMIT', ARGV[8], ARGV[7])
        if #ids == 0 then return {} end
        return redis.call('HMGET', ep, unpack(ids))
        """;

    /// <summary>ARGV 5 …: encoded session, sortable time of the oldest, how many. Gives the newest of the session, newest first.</summary>
    public const string Session = Common + """
        local members = redis.call('ZREVRANGEBYLEX', place, '(' .. ARGV[5] .. ';', '[' .. ARGV[5] .. ':' .. ARGV[6], 'LIMIT', 0, ARGV[7])
        if #members == 0 then return {} end
        local ids = {}
        for i, member in ipairs(members) do ids[i] = string.match(member, '^[^:]*:[^:]*:(.*)$') end
        return redis.call('HMGET', ep, unpack(ids))
        """;

    /// <summary>ARGV 5 …: name, content, time, whether to append, most blocks, most characters. Gives what went wrong, or nothing.</summary>
    public const string SetBlock = Common + """
        local kept = redis.call('HGET', block, ARGV[5])
        if not kept and redis.call('HLEN', block) >= tonumber(ARGV[9]) then return 'count' end
        local ordinal, content = nil, ARGV[6]
        if kept then
          local first = string.find(kept, '\n', 1, true)
          ordinal = string.sub(kept, 1, first - 1)
          if ARGV[8] == '1' then content = string.sub(kept, string.find(kept, '\n', first + 1, true) + 1) .. '\n' .. content end
        end
        -- UTF-16 code units: one for each UTF-8 sequence, two where it has four bytes.
        local _, units = string.gsub(content, '[%z\1-\127\192-\255]', '')
        local _, long = string.gsub(content, '[\240-\255]', '')
        if units + long > tonumber(ARGV[10]) then return 'length' end
        ordinal = ordinal or redis.call('HINCRBY', meta, 'blocks', 1)
        redis.call('HSETNX', meta, 'generation', generation)
        redis.call('HSETNX', meta, 'version', 0)
        redis.call('HSET', block, ARGV[5], ordinal .. '\n' .. ARGV[7] .. '\n' .. content)
        finish()
        return false
        """;

    /// <summary>ARGV 5: name.</summary>
    public const string RemoveBlock = Common + """
        local removed = redis.call('HDEL', block, ARGV[5])
        finish()
        return removed
        """;

    /// <summary>ARGV 5 …: topic, time before which ended facts go. Gives the topic, then names and facts of topics with such facts.</summary>
    public const string ReadTopics = Common + """
        local found = { redis.call('HGET', topic, ARGV[5]) or '' }
        if ARGV[6] ~= '' then
          for _, name in ipairs(redis.call('ZRANGEBYSCORE', fend, '-inf', '(' .. ARGV[6], 'LIMIT', 0, 16)) do
            found[#found + 1] = name
            found[#found + 1] = redis.call('HGET', topic, name) or ''
          end
        end
        return found
        """;

    /// <summary>
    /// ARGV 5 …: most facts; a fact's id and vector; an episode that must be there, or nothing; then for each topic its name, the facts it must have, those it
    /// shall have, when the last was recorded, when the first ends. Gives 0 where a topic has other facts, 2 where the episode is gone, and changes nothing then.
    /// </summary>
    public const string WriteTopics = Common + """
        if ARGV[8] ~= '' and redis.call('HEXISTS', ep, ARGV[8]) == 0 then return 2 end
        for i = 9, #ARGV, 5 do
          if (redis.call('HGET', topic, ARGV[i]) or '') ~= ARGV[i + 1] then return 0 end
        end
        local function remove(name)
          local kept = redis.call('HGET', topic, name)
          if kept then
            local facts = cjson.decode(kept)
            for _, fact in ipairs(facts) do redis.call('HDEL', fvec, fact.id) end
            redis.call('HINCRBY', meta, 'facts', -#facts)
          end
          redis.call('HDEL', topic, name)
          redis.call('ZREM', ftime, name)
          redis.call('ZREM', fend, name)
          changed('f' .. name)
        end
        for i = 9, #ARGV, 5 do
          local name, after = ARGV[i], ARGV[i + 2]
          local vectors = {}
          if after ~= '' then
            for _, fact in ipairs(cjson.decode(after)) do
              vectors[fact.id] = redis.call('HGET', fvec, fact.id) or ''
            end
            if vectors[ARGV[6]] and ARGV[7] ~= '' then vectors[ARGV[6]] = ARGV[7] end
          end
          remove(name)
          if after ~= '' then
            local count = 0
            for id, vector in pairs(vectors) do
              count = count + 1
              if vector ~= '' then redis.call('HSET', fvec, id, vector) end
            end
            redis.call('HINCRBY', meta, 'facts', count)
            redis.call('HSET', topic, name, after)
            redis.call('ZADD', ftime, ARGV[i + 3], name)
            if ARGV[i + 4] ~= '' then redis.call('ZADD', fend, ARGV[i + 4], name) end
          end
        end
        while tonumber(redis.call('HGET', meta, 'facts') or 0) > tonumber(ARGV[5]) do
          remove(redis.call('ZRANGE', ftime, 0, 0)[1])
        end
        finish()
        return 1
        """;

    /// <summary>ARGV 5 …: time of the oldest episode, how many sessions. Gives numbers of episodes and blocks, then the latest sessions.</summary>
    public const string Profile = Common + """
        return {
          redis.call('ZCOUNT', time, ARGV[5], '+inf'),
          redis.call('HLEN', block),
          redis.call('ZREVRANGEBYSCORE', session, '+inf', ARGV[5], 'LIMIT', 0, ARGV[6]),
        }
        """;

    /// <summary>ARGV 5 …: encoded session or nothing, sortable time before which or nothing, how many at most; or one id. Gives the ids of those removed.</summary>
    public const string ForgetEpisodes = Common + """
        local ids = {}
        if ARGV[8] ~= '' then
          if redis.call('HEXISTS', ep, ARGV[8]) == 1 then ids = { ARGV[8] } end
        elseif ARGV[5] ~= '' then
          local before = '(' .. ARGV[5] .. (ARGV[6] == '' and ';' or ':' .. ARGV[6])
          for i, member in ipairs(redis.call('ZRANGEBYLEX', place, '[' .. ARGV[5] .. ':', before, 'LIMIT', 0, ARGV[7])) do
            ids[i] = string.match(member, '^[^:]*:[^:]*:(.*)$')
          end
        else
          ids = redis.call('ZRANGEBYSCORE', time, '-inf', '(' .. tonumber(ARGV[6], 16), 'LIMIT', 0, ARGV[7])
        end
        for _, id in ipairs(ids) do drop(id) end
        if #ids > 0 then finish() end
        return ids
        """;

    /// <summary>ARGV 5: time before which. Gives how many were removed.</summary>
    public const string ForgetBlocks = Common + """
        local removed = 0
        local entries = redis.call('HGETALL', block)
        for i = 1, #entries, 2 do
          if tonumber(string.match(entries[i + 1], '^[^\n]*\n([^\n]*)')) < tonumber(ARGV[5]) then
            removed = removed + redis.call('HDEL', block, entries[i])
          end
        end
        finish()
        return removed
        """;

    /// <summary>Gives numbers of episodes, facts and blocks, and the ids of the episodes where the search module has documents of them.</summary>
    public const string ForgetAll = Common + """
        local documents = redis.call('HEXISTS', meta, 'documents') == 1 and redis.call('ZRANGE', time, 0, -1) or {}
        local counts = {
          redis.call('HLEN', ep), tonumber(redis.call('HGET', meta, 'facts') or 0), redis.call('HLEN', block), documents,
        }
        redis.call('UNLINK', unpack(KEYS))
        return counts
        """;
}
