namespace StackExchange.Redis;

/// <summary>Commands that go to the server one after the other; their tasks end after <see cref="Execute"/>.</summary>
public interface IBatch : IDatabaseAsync
{
    void Execute();
}
