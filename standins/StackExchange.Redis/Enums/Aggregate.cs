namespace StackExchange.Redis;

public enum Aggregate
{
    Sum = 0,
    Min = 1,
    Max = 2,
}
