using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using Loomflow.Testing;
using StackExchange.Redis;

namespace Loomflow.Redis.Tests.Memory;

/// <summary>
/// Stands in front of a real redis-server and answers the search module's commands (FT.*) itself, by looking at every document. Everything else goes
/// through. It accepts exactly the forms of query that the module's documentation gives for what they ask.
/// </summary>
internal sealed partial class SearchModuleServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<string, string> _indexes = new(StringComparer.Ordinal);
    private readonly IConnectionMultiplexer _redis;
    private readonly int _upstream;
    private readonly Task _accepting;
    private int _searches;

    public SearchModuleServer(MemoryRedis redis)
    {
        (_redis, _upstream) = (redis.Connection, redis.Server.Port);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Endpoint => _listener.LocalEndpoint.ToString()!;

    /// <summary>How often FT.SEARCH was called.</summary>
    public int Searches => _searches;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stopping.Token)));
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var upstream = new TcpClient();
        try
        {
            using (client)
            {
                await upstream.ConnectAsync(IPAddress.Loopback, _upstream, _stopping.Token);
                var (down, up) = (new RespStream(client.GetStream()), new RespStream(upstream.GetStream()));
                while (await down.ReadAsync(_stopping.Token) is { } command)
                {
                    var name = command.Items.Count > 0 ? Encoding.UTF8.GetString(command.Items[0]).ToUpperInvariant() : "";
                    if (name.StartsWith("FT.", StringComparison.Ordinal))
                    {
                        await down.Stream.WriteAsync(Encoding.Latin1.GetBytes(Answer(name, command.Items)), _stopping.Token);
                        continue;
                    }

                    await up.Stream.WriteAsync(command.Raw, _stopping.Token);
                    if (name is "SUBSCRIBE" or "PSUBSCRIBE")
                    {
                        // From here on the server speaks unasked.
                        await Task.WhenAny(up.CopyRestAsync(down.Stream, _stopping.Token), down.CopyRestAsync(up.Stream, _stopping.Token));
                        return;
                    }

                    if (await up.ReadAsync(_stopping.Token) is not { } reply) return;
                    await down.Stream.WriteAsync(reply.Raw, _stopping.Token);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException or SocketException)
        {
            // The client has gone, or the test is over.
        }
    }

    private string Answer(string name, IReadOnlyList<byte[]> arguments)
    {
        try
        {
            return name switch
            {
                "FT._LIST" => Array(_indexes.Keys.Select(Bulk)),
                "FT.CREATE" => Create([.. arguments.Select(Encoding.UTF8.GetString)]),
                "FT.SEARCH" => Search(arguments),
                _ => $"-ERR unknown command '{name}'\r\n",
            };
        }
        catch (Exception failure)
        {
            return $"-ERR {failure.GetType().Name} {failure.Message.ReplaceLineEndings(" ")}\r\n";
        }
    }

    private string Create(string[] arguments)
    {
        string[] beforeSchema = ["ON", "HASH", "PREFIX", "1"];
        arguments[2..6].ShouldBe(beforeSchema);
        string[] noStopWords = ["STOPWORDS", "0", "SCHEMA"];
        arguments[7..10].ShouldBe(noStopWords);
        var schema = arguments[10..];
        schema[..7].ShouldBe(["p", "TAG", "CASESENSITIVE", "t", "TEXT", "at", "NUMERIC"]);
        if (schema.Length > 7) schema[8..].ShouldBe(["VECTOR", "HNSW", "6", "TYPE", "FLOAT32", "DIM", schema[14], "DISTANCE_METRIC", "COSINE"]);
        return _indexes.TryAdd(arguments[1], arguments[6]) ? "+OK\r\n" : "-Index already exists\r\n";
    }

    private string Search(IReadOnlyList<byte[]> raw)
    {
        Interlocked.Increment(ref _searches);
        string[] arguments = [.. raw.Select(Encoding.UTF8.GetString)];
        if (!_indexes.TryGetValue(arguments[1], out var prefix)) return "-Unknown index name\r\n";
        var query = QueryForm().Match(arguments[2]);
        query.Success.ShouldBeTrue($"not a query: {arguments[2]}");
        arguments[^2..].ShouldBe(["DIALECT", "2"]);
        var limit = int.Parse(arguments[System.Array.IndexOf(arguments, "LIMIT") + 2], CultureInfo.InvariantCulture);
        var documents = Documents(prefix, Tag(query)).Where(document => Admits(query, document)).ToList();
        if (query.Groups["words"].Success)
        {
            string[] words = query.Groups["words"].Value.Split('|');
            var found = documents.Select(document => (document.Key, Score: document.Fields["t"].ToString().Split(' ').Count(word => words.Contains(word))))
                .Where(match => match.Score > 0).OrderByDescending(match => match.Score).ToList();
            return Array([$":{found.Count}\r\n", .. found.Take(limit).Select(match => Bulk(match.Key))]);
        }

        var field = query.Groups["field"].Value;
        var parameters = System.Array.IndexOf(arguments, "PARAMS");
        arguments[(parameters + 1)..(parameters + 3)].ShouldBe(["2", "v"]);
        var vector = MemoryMarshal.Cast<byte, float>(raw[parameters + 3]).ToArray();
        var nearest = documents.Where(document => document.Fields.ContainsKey(field))
            .Select(document => (document.Key, Distance: 1 - Cosine(vector, MemoryMarshal.Cast<byte, float>((byte[])document.Fields[field]!).ToArray())))
            .OrderBy(match => match.Distance).Take(int.Parse(query.Groups["k"].Value, CultureInfo.InvariantCulture)).ToList();
        return Array(
        [
            $":{nearest.Count}\r\n",
            .. nearest.Take(limit).SelectMany(match => (string[])[Bulk(match.Key), Array([Bulk("d"), Bulk(match.Distance.ToString(CultureInfo.InvariantCulture))])]),
        ]);
    }

    // The tag is in the key as well: looking at nobody else's documents saves time.
    private IEnumerable<(string Key, Dictionary<string, RedisValue> Fields)> Documents(string prefix, string tag)
    {
        var found = (RedisResult[])_redis.GetDatabase().ScriptEvaluate(
            """
            local found = {}
            for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
              if string.find(key, ARGV[2], 1, true) then
                found[#found + 1] = key
                found[#found + 1] = redis.call('HGETALL', key)
              end
            end
            return found
            """,
            [],
            [prefix, $"{{{tag}}}"])!;
        return found.Chunk(2).Select(pair => ((string)pair[0]!, ((RedisValue[])pair[1]!).Chunk(2).ToDictionary(field => (string)field[0]!, field => field[1])));
    }

    private static bool Admits(Match query, (string Key, Dictionary<string, RedisValue> Fields) document)
    {
        var at = (double)document.Fields["at"];
        var until = query.Groups["until"].Value;
        return document.Fields["p"] == Tag(query)
            && at >= double.Parse(query.Groups["from"].Value, CultureInfo.InvariantCulture)
            && (until == "+inf" || at < double.Parse(until[1..], CultureInfo.InvariantCulture));
    }

    private static string Tag(Match query) => query.Groups["tag"].Value.Replace("\\", "", StringComparison.Ordinal);

    private static double Cosine(float[] a, float[] b) =>
        a.Zip(b, (x, y) => (double)x * y).Sum() / Math.Sqrt(a.Sum(x => (double)x * x) * b.Sum(y => (double)y * y));

    private static string Bulk(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return $"${bytes.Length}\r\n{Encoding.Latin1.GetString(bytes)}\r\n";
    }

    private static string Array(IEnumerable<string> items)
    {
        var all = items.ToList();
        return $"*{all.Count}\r\n{string.Concat(all)}";
    }

    // Punctuation inside a tag is escaped; the words of a query are letters and digits alone.
    [GeneratedRegex(@"^\(?@p:\{(?<tag>(\\[^A-Za-z0-9]|[A-Za-z0-9])+)\} @at:\[(?<from>\d+) (?<until>\+inf|\(\d+)\]( @t:\((?<words>[\w|]+)\)|\)=>\[KNN (?<k>\d+) @(?<field>\w+) \$v AS d\])$")]
    private static partial Regex QueryForm();
}
