using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Keeps the last lines that each resource wrote, and tells whoever watches.</summary>
public class ResourceLoggerService
{
    private readonly ConcurrentDictionary<string, ResourceLog> _logs = new(StringComparer.OrdinalIgnoreCase);

    internal event Action<string, LogLine>? Written;

    /// <summary>A logger whose lines appear among those of the resource.</summary>
    public ILogger GetLogger(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);

        return GetLogger(resource.Name);
    }

    public ILogger GetLogger(string resourceName) => new ResourceLogger(this, resourceName);

    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);

        return WatchAsync(resource.Name);
    }

    /// <summary>The lines so far, and then each new one. Takes the name of a resource or the id of one replica.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName) => WatchAsync(Log(resourceName));

    private static async IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(ResourceLog log, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var channel = log.Subscribe();
        try
        {
            await foreach (var lines in channel.Reader.ReadAllAsync(cancellationToken)) yield return lines;
        }
        finally
        {
            log.Unsubscribe(channel);
        }
    }

    public async IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(string resourceName)
    {
        await Task.CompletedTask;
        yield return Log(resourceName).Lines();
    }

    public IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(IResource resource)
    {
        ArgumentNullException.ThrowIfNull(resource);

        return GetAllAsync(resource.Name);
    }

    /// <summary>The lines of one replica belong to the log of its resource as well.</summary>
    internal void Write(string resourceName, string instance, string content, bool isError)
    {
        Log(resourceName).Add(content, isError);
        var line = instance == resourceName ? Log(resourceName).Last : Log(instance).Add(content, isError);
        Written?.Invoke(instance, line);
    }

    internal IReadOnlyList<LogLine> Lines(string resourceName) => Log(resourceName).Lines();

    private ResourceLog Log(string resourceName) => _logs.GetOrAdd(resourceName, _ => new ResourceLog());

    private sealed class ResourceLog
    {
        private const int Capacity = 10_000;

        private readonly Lock _gate = new();
        private readonly Queue<LogLine> _lines = [];
        private readonly List<Channel<IReadOnlyList<LogLine>>> _watchers = [];
        private int _number;

        public LogLine Last { get; private set; }

        public LogLine Add(string content, bool isError)
        {
            lock (_gate)
            {
                Last = new LogLine(++_number, content, isError);
                _lines.Enqueue(Last);
                if (_lines.Count > Capacity) _lines.Dequeue();
                foreach (var watcher in _watchers) watcher.Writer.TryWrite([Last]);
                return Last;
            }
        }

        public IReadOnlyList<LogLine> Lines()
        {
            lock (_gate) return [.. _lines];
        }

        public Channel<IReadOnlyList<LogLine>> Subscribe()
        {
            var channel = Channel.CreateUnbounded<IReadOnlyList<LogLine>>();
            lock (_gate)
            {
                if (_lines.Count > 0) channel.Writer.TryWrite([.. _lines]);
                _watchers.Add(channel);
            }

            return channel;
        }

        public void Unsubscribe(Channel<IReadOnlyList<LogLine>> channel)
        {
            lock (_gate) _watchers.Remove(channel);
        }
    }

    private sealed class ResourceLogger(ResourceLoggerService service, string resourceName) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            ArgumentNullException.ThrowIfNull(formatter);

            var text = formatter(state, exception) + (exception is null ? "" : $"{Environment.NewLine}{exception}");
            service.Write(resourceName, resourceName, text, logLevel >= LogLevel.Error);
        }
    }
}
