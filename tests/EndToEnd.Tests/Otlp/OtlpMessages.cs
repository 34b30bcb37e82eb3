using System.Globalization;
using System.Text;
using Google.Protobuf;

namespace Loomflow.Aspire.EndToEnd.Tests.Otlp;

/// <summary>Reads the export requests of opentelemetry-proto v1, as far as the tests look at them.</summary>
internal static class OtlpMessages
{
    public static IEnumerable<ExportedSpan> Spans(byte[] request) => Items(request).Select(item =>
    {
        var (service, _, span) = item;
        var status = span.One(15);
        return new ExportedSpan
        {
            Service = service,
            TraceId = span.Hex(1),
            SpanId = span.Hex(2),
            ParentId = span.Hex(4),
            Name = span.Text(5),
            Start = span.Number(7),
            End = span.Number(8),
            Attributes = span.Attributes(9),
            Links = [.. span.All(13).Select(link => link.Hex(2))],
            StatusMessage = status.Text(2),
            IsError = status.Number(3) == 2,
            Text = Encoding.UTF8.GetString(span.Bytes),
        };
    });

    public static IEnumerable<ExportedMetric> Metrics(byte[] request) => Items(request).Select(item =>
    {
        // A gauge, a sum or a histogram, whose points have their attributes in fields of different numbers.
        var (service, meter, metric) = item;
        var tags = ((int Data, int Tags)[])[(5, 7), (7, 7), (9, 9)];
        return new ExportedMetric(
            service,
            meter,
            metric.Text(1),
            metric.Text(3),
            tags.SelectMany(kind => metric.All(kind.Data).SelectMany(data => data.All(1)).SelectMany(point => point.Attributes(kind.Tags).Keys)).ToHashSet());
    });

    public static IEnumerable<ExportedLog> Logs(byte[] request) => Items(request).Select(item =>
    {
        var (service, category, log) = item;
        return new ExportedLog(service, category, Value(log.One(5)), log.Hex(9), log.Hex(10), log.Attributes(6));
    });

    /// <summary>All three have the same shape: resources, in them scopes, in them what it is about.</summary>
    private static IEnumerable<(string Service, string Scope, Message Item)> Items(byte[] request) => new Message(request).All(1).SelectMany(resource =>
        resource.All(2).SelectMany(scope => scope.All(2).Select(item => (resource.One(1).Attributes(1).GetValueOrDefault("service.name", ""), scope.One(1).Text(1), item))));

    private static string Value(Message value)
    {
        var (number, bytes, bits) = value.Fields.FirstOrDefault();
        return number switch
        {
            0 => "",
            1 => Encoding.UTF8.GetString(bytes),
            2 => bits != 0 ? "true" : "false",
            4 => BitConverter.UInt64BitsToDouble(bits).ToString(CultureInfo.InvariantCulture),
            5 => string.Join(',', new Message(bytes).All(1).Select(Value)),
            _ => ((long)bits).ToString(CultureInfo.InvariantCulture),
        };
    }

    private readonly struct Message
    {
        public Message(byte[] bytes) => (Bytes, Fields) = (bytes, [.. Read(bytes)]);

        public byte[] Bytes { get; }

        public (int Number, byte[] Bytes, ulong Bits)[] Fields { get; }

        public IEnumerable<Message> All(int number) => Fields.Where(field => field.Number == number).Select(field => new Message(field.Bytes));

        public Message One(int number) => All(number).DefaultIfEmpty(new Message([])).First();

        public string Text(int number) => Encoding.UTF8.GetString(Field(number).Bytes ?? []);

        public string Hex(int number) => Convert.ToHexStringLower(Field(number).Bytes ?? []);

        public ulong Number(int number) => Field(number).Bits;

        public Dictionary<string, string> Attributes(int number) => All(number).DistinctBy(pair => pair.Text(1)).ToDictionary(pair => pair.Text(1), pair => Value(pair.One(2)));

        private (int Number, byte[] Bytes, ulong Bits) Field(int number) => Fields.FirstOrDefault(field => field.Number == number);

        private static IEnumerable<(int Number, byte[] Bytes, ulong Bits)> Read(byte[] message)
        {
            var input = new CodedInputStream(message);
            while (input.ReadTag() is var tag and not 0)
            {
                var number = WireFormat.GetTagFieldNumber(tag);
                yield return WireFormat.GetTagWireType(tag) switch
                {
                    WireFormat.WireType.LengthDelimited => (number, input.ReadBytes().ToByteArray(), 0ul),
                    WireFormat.WireType.Fixed64 => (number, [], input.ReadFixed64()),
                    WireFormat.WireType.Fixed32 => (number, [], input.ReadFixed32()),
                    _ => (number, [], input.ReadUInt64()),
                };
            }
        }
    }
}
