namespace StackExchange.Redis;

public readonly struct StreamInfo
{
    internal StreamInfo(int length, int radixTreeKeys, int radixTreeNodes, int consumerGroupCount, StreamEntry firstEntry, StreamEntry lastEntry, RedisValue lastGeneratedId, RedisValue maxDeletedEntryId, long entriesAdded, RedisValue recordedFirstEntryId)
    {
        Length = length;
        RadixTreeKeys = radixTreeKeys;
        RadixTreeNodes = radixTreeNodes;
        ConsumerGroupCount = consumerGroupCount;
        FirstEntry = firstEntry;
        LastEntry = lastEntry;
        LastGeneratedId = lastGeneratedId;
        MaxDeletedEntryId = maxDeletedEntryId;
        EntriesAdded = entriesAdded;
        RecordedFirstEntryId = recordedFirstEntryId;
    }

    public int Length { get; }

    public int RadixTreeKeys { get; }

    public int RadixTreeNodes { get; }

    public int ConsumerGroupCount { get; }

    public StreamEntry FirstEntry { get; }

    public StreamEntry LastEntry { get; }

    public RedisValue LastGeneratedId { get; }

    public RedisValue MaxDeletedEntryId { get; }

    public long EntriesAdded { get; }

    public RedisValue RecordedFirstEntryId { get; }
}
