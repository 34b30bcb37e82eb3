namespace StackExchange.Redis;

public enum ListSide
{
    Left = 0,
    Right = 1,
}
