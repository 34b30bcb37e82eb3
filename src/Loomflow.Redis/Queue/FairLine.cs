namespace Loomflow.Redis.Queue;

/// <summary>
/// Lines that serve users in turn: start-time fair queueing (Goyal, Vin, Cheng 1996) with every entry costing the same. An entry gets
/// the ticket after its user's last one, or after the one that is served now, whichever is later; the lowest ticket is next, and among equals
/// the one that came first. So a user with one entry is never behind more than one of another user's.
/// </summary>
internal static class FairLine
{
    /// <summary>
    /// Lua functions for scripts that touch a line. A ticket is whole; what comes after the point is the order of arrival.
    /// An empty line forgets its tickets, so that they do not grow with the number of users.
    /// </summary>
    public const string Functions = """
        local function join(line, tickets, member, user)
          local mine = math.max(tonumber(redis.call('HGET', tickets, 'now') or '0'), tonumber(redis.call('HGET', tickets, user) or '0')) + 1
          redis.call('HSET', tickets, user, mine)
          local arrival = redis.call('HINCRBY', tickets, 'arrivals', 1) % 1000000
          redis.call('ZADD', line, 'NX', string.format('%.6f', mine + arrival / 1000000), member)
        end
        local function serve(line, tickets)
          local first = redis.call('ZPOPMIN', line)
          if #first == 0 then
            redis.call('DEL', tickets)
            return false
          end
          redis.call('HSET', tickets, 'now', math.floor(tonumber(first[2])))
          return first[1]
        end

        """;
}
