using Loomflow.Security;

namespace Loomflow.Aspire.Orchestrator.Running;

/// <summary>
/// What pieces of model answers go through before anybody sees them. A secret can come in several pieces, so what may be the beginning of one
/// waits for what comes after it; the turn's event, which has the whole text, ends the wait.
/// </summary>
internal sealed class DeltaGuard(SecretScrubber? scrubber, Action<TextDelta> publish)
{
    private readonly Dictionary<string, StreamScrubber> _texts = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();

    public void Write(TextDelta delta)
    {
        if (scrubber is null)
        {
            publish(delta);
            return;
        }

        lock (_lock)
        {
            if (!_texts.TryGetValue(delta.Path, out var text)) _texts[delta.Path] = text = new StreamScrubber(scrubber);
            Publish(delta.Path, text.Append(delta.Text));
        }
    }

    /// <summary>Shows what was held back of the text that an event ends.</summary>
    public void EndBefore(RunEvent runEvent)
    {
        if (runEvent is AgentProgressed) return;
        lock (_lock)
        {
            if (_texts.Remove(runEvent.Path, out var text)) Publish(runEvent.Path, text.End());
        }
    }

    private void Publish(string path, string text)
    {
        if (text.Length > 0) publish(new TextDelta(path, text));
    }
}
