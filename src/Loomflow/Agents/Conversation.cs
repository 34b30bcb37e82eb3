using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>
/// What an agent and its model have said, without the instructions. Can be rebuilt from a run's events: a turn holds the messages that it
/// added, a tool's result is in the event that it returned.
/// </summary>
internal sealed class Conversation
{
    private readonly List<ChatMessage> _messages = [];
    private readonly List<int> _turnStarts = [];
    private int _journaled;

    /// <summary>All messages, oldest first.</summary>
    public IReadOnlyList<ChatMessage> Messages => _messages;

    /// <summary>How many turns the model has taken.</summary>
    public int Turns => _turnStarts.Count;

    /// <summary>The model's last answer, or <see langword="null"/> when the conversation does not end with one.</summary>
    public ChatMessage? LastAnswer => Turns > 0 && _messages is [.., var last] && last.Role == ChatRole.Assistant ? last : null;

    /// <summary>The text of the last answer that has any.</summary>
    public string LastText => 
        _messages.LastOrDefault(message => message.Role == ChatRole.Assistant && Marks.Of(message) != Marks.Memory && message.Text.Length > 0)?.Text ?? "";

    public void Add(ChatMessage message) => _messages.Add(message);

    /// <summary>Takes in the model's answer and gives what the turn added, for its event.</summary>
    public TurnMessages AddTurn(IEnumerable<ChatMessage> answer)
    {
        _turnStarts.Add(_journaled);
        _messages.AddRange(answer);
        var added = _messages.GetRange(_journaled, _messages.Count - _journaled);
        _journaled = _messages.Count;
        return new TurnMessages(added);
    }

    /// <summary>Takes in a journaled turn, which holds everything since the one before it.</summary>
    public void Replay(IReadOnlyList<ChatMessage> messages)
    {
        _messages.RemoveRange(_journaled, _messages.Count - _journaled);
        AddTurn(messages);
    }

    /// <summary>Takes in the results of a turn's tool calls, in the order of the calls.</summary>
    public void AddResults(IEnumerable<FunctionResultContent> results)
    {
        _messages.Add(new ChatMessage(ChatRole.Tool, [.. results]));
        _journaled = _messages.Count;
    }

    /// <summary>Puts a summary in place of the oldest messages.</summary>
    public void Compact(int messages, string summary)
    {
        _messages.RemoveRange(0, messages);
        _messages.Insert(0, new ChatMessage(ChatRole.User, $"Summary of the conversation so far:\n{summary}"));
        var removed = messages - 1;
        for (var i = 0; i < _turnStarts.Count; i++) _turnStarts[i] = Math.Max(0, _turnStarts[i] - removed);
        _journaled = Math.Max(0, _journaled - removed);
    }

    /// <summary>The first message of a turn, by the turn's number from 0.</summary>
    public int StartOf(int turn) => _turnStarts[turn];

    /// <summary>Forgets answers at the end that asked for nothing: a run that failed on them asks the model again.</summary>
    public void DropTrailingAnswers()
    {
        while (_turnStarts is [.., var start] && LastAnswer is { } answer && Answers.CallsOf([answer]).Count == 0)
        {
            // What the user said before the first turn stays; it is not the model's.
            _turnStarts.RemoveAt(_turnStarts.Count - 1);
            var keep = _turnStarts.Count == 0 ? _messages.Count - 1 : start;
            _messages.RemoveRange(keep, _messages.Count - keep);
            _journaled = start;
        }
    }

    /// <summary>An estimate of the tokens: a quarter of the characters.</summary>
    public long EstimatedTokens() => EstimateTokens(_messages);

    public static long EstimateTokens(IEnumerable<ChatMessage> messages)
    {
        long characters = 0;
        foreach (var message in messages)
        {
            foreach (var content in message.Contents)
            {
                characters += content switch
                {
                    TextContent text => text.Text.Length,
                    FunctionResultContent { Result: string text } => text.Length,
                    FunctionCallContent call => call.Name.Length + (call.Arguments?.Sum(argument => argument.Key.Length + (argument.Value?.ToString()?.Length ?? 0)) ?? 0),
                    _ => 0,
                };
            }
        }

        return (characters + 3) / 4;
    }
}
