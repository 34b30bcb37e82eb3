namespace Loomflow.Redis.Runs;

/// <summary>What a run under way waits for, in words, by place. Not safe for concurrent use by itself.</summary>
internal sealed class WaitingReasons
{
    private readonly List<(string Place, string Reason)> _waiting = [];

    /// <summary>The oldest reason that still holds; empty where there is none.</summary>
    public string Current => _waiting.Count > 0 ? _waiting[0].Reason : "";

    public bool Any => _waiting.Count > 0;

    public void Set(string place, string reason)
    {
        var index = _waiting.FindIndex(waiting => waiting.Place == place);
        if (index >= 0) _waiting[index] = (place, reason);
        else _waiting.Add((place, reason));
    }

    /// <summary>Something goes on at a place, and so it and what it is a part of do not wait.</summary>
    /// <returns>Whether it did.</returns>
    public bool GoesOn(string path) => _waiting.RemoveAll(waiting => StepPath.IsWithin(path, waiting.Place)) > 0;
}
