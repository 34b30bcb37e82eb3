namespace StackExchange.Redis;

public enum SetOperation
{
    Union = 0,
    Intersect = 1,
    Difference = 2,
}
