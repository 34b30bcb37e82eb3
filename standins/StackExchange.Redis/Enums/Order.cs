namespace StackExchange.Redis;

public enum Order
{
    Ascending = 0,
    Descending = 1,
}
