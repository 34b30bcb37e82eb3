using System.Reflection;
using System.Text;

namespace Loomflow.ThinkAct;

/// <summary>Gets at the value that a method returns: at once, as a task of it, or as a stream of text, which is joined.</summary>
internal sealed class TaskReader
{
    private readonly Func<object, Task>? _asTask;
    private readonly PropertyInfo? _result;

    public TaskReader(Type returned)
    {
        var definition = returned.IsGenericType ? returned.GetGenericTypeDefinition() : null;
        if (definition == typeof(ValueTask<>))
        {
            var asTask = returned.GetMethod(nameof(ValueTask<>.AsTask))!;
            _asTask = value => (Task)asTask.Invoke(value, null)!;
            _result = asTask.ReturnType.GetProperty(nameof(Task<>.Result));
        }
        else if (definition == typeof(Task<>))
        {
            _asTask = static value => (Task)value;
            _result = returned.GetProperty(nameof(Task<>.Result));
        }

        var result = _result?.PropertyType ?? returned;
        ResultType = result == typeof(IAsyncEnumerable<string>) || result == typeof(IEnumerable<string>) ? typeof(string) : result;
    }

    /// <summary>The type of the value.</summary>
    public Type ResultType { get; }

    /// <summary>Whether nothing comes of it.</summary>
    public bool IsNothing => ResultType == typeof(void) || ResultType == typeof(Task) || ResultType == typeof(ValueTask);

    public async ValueTask<object?> ReadAsync(object? returned)
    {
        if (_asTask is not null && returned is not null)
        {
            var task = _asTask(returned);
            await task.ConfigureAwait(false);
            returned = _result!.GetValue(task);
        }

        return returned switch
        {
            IAsyncEnumerable<string> pieces => await JoinAsync(pieces).ConfigureAwait(false),
            IEnumerable<string> pieces when ResultType == typeof(string) => string.Concat(pieces),
            _ => returned,
        };
    }

    private static async ValueTask<string> JoinAsync(IAsyncEnumerable<string> pieces)
    {
        var text = new StringBuilder();
        await foreach (var piece in pieces.ConfigureAwait(false)) text.Append(piece);
        return text.ToString();
    }
}
