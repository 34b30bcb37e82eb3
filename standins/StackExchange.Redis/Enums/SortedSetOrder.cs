namespace StackExchange.Redis;

public enum SortedSetOrder
{
    ByRank = 0,
    ByScore = 1,
    ByLex = 2,
}
