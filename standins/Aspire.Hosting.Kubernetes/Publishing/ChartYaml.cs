using System.Globalization;
using Aspire.Hosting.Kubernetes.Resources;
using Aspire.Hosting.Publishing;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace Aspire.Hosting.Kubernetes.Publishing;

/// <summary>Objects as YAML: text in quotes, so that an expression of Helm's is text until Helm fills it in.</summary>
internal static class ChartYaml
{
    private static readonly ISerializer s_serializer = new SerializerBuilder()
        .WithNamingConvention(CamelCaseNamingConvention.Instance)
        .ConfigureDefaultValuesHandling(DefaultValuesHandling.OmitNull | DefaultValuesHandling.OmitEmptyCollections)
        .WithTypeConverter(new PortConverter())
        .WithEventEmitter(next => new QuotedStrings(next))
        .WithNewLine("\n")
        .WithIndentedSequences()
        .Build();

    public static string Of(object value) => s_serializer.Serialize(value);

    private sealed class PortConverter : IYamlTypeConverter
    {
        public bool Accepts(Type type) => type == typeof(Int32OrStringV1);

        public object ReadYaml(IParser parser, Type type, ObjectDeserializer rootDeserializer) => new Int32OrStringV1(parser.Consume<Scalar>().Value);

        public void WriteYaml(IEmitter emitter, object? value, Type type, ObjectSerializer serializer)
        {
            var text = ((Int32OrStringV1)value!).Value;
            var style = int.TryParse(text, CultureInfo.InvariantCulture, out _) ? ScalarStyle.Plain : ScalarStyle.DoubleQuoted;
            emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, text, style, isPlainImplicit: true, isQuotedImplicit: true));
        }
    }
}
