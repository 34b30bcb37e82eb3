using System.Collections;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Loomflow.Aspire.Fuzz.Tests;

/// <summary>Messages that are good protobuf and hold nonsense.</summary>
internal static class MessageVariants
{
    private static readonly long[] s_numbers = [0, -1, 1, int.MinValue, int.MaxValue, long.MinValue, long.MaxValue];

    /// <summary>The message with nonsense in some of its fields.</summary>
    public static IMessage Of(IMessage good, Mutator mutator)
    {
        var message = good.Descriptor.Parser.ParseFrom(good.ToByteArray());
        Change(message, mutator);
        return message;
    }

    private static void Change(IMessage message, Mutator mutator)
    {
        foreach (var field in message.Descriptor.Fields.InDeclarationOrder())
        {
            if (field.IsMap || !mutator.Chance(0.4)) continue;
            if (field.IsRepeated)
            {
                if (field.FieldType is FieldType.String or FieldType.Bytes) ((IList)field.Accessor.GetValue(message)).Add(Value(field, mutator));
                if (field.FieldType == FieldType.Message) foreach (IMessage inner in (IList)field.Accessor.GetValue(message)) Change(inner, mutator);
            }
            else if (field.FieldType == FieldType.Message)
            {
                if (field.Accessor.GetValue(message) is IMessage inner) Change(inner, mutator);
            }
            else if (Value(field, mutator) is { } value)
            {
                field.Accessor.SetValue(message, value);
            }
        }
    }

    private static object? Value(FieldDescriptor field, Mutator mutator) => field.FieldType switch
    {
        // A text on the wire is UTF-8, so what is none becomes replacement characters.
        FieldType.String => Encoding.UTF8.GetString(mutator.Mutate(Encoding.UTF8.GetBytes("run_1"))),
        FieldType.Bytes => ByteString.CopyFrom(mutator.Json()),
        FieldType.Int32 => (int)Math.Clamp(mutator.Any(s_numbers), int.MinValue, int.MaxValue),
        FieldType.Int64 => mutator.Any(s_numbers),
        FieldType.UInt64 => (ulong)mutator.Any(s_numbers),
        FieldType.Bool => mutator.Chance(0.5),
        _ => null,
    };
}
