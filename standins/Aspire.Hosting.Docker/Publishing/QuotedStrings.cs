using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.EventEmitters;

namespace Aspire.Hosting.Publishing;

/// <summary>Puts text into quotes where YAML, or what fills in placeholders, could take it for something else.</summary>
internal sealed partial class QuotedStrings(IEventEmitter next) : ChainedEventEmitter(next)
{
    public override void Emit(ScalarEventInfo eventInfo, IEmitter emitter)
    {
        if (eventInfo.Source.Value is string text && !PlainText().IsMatch(text)) eventInfo.Style = ScalarStyle.DoubleQuoted;
        base.Emit(eventInfo, emitter);
    }

    [GeneratedRegex("^(?!(?:true|false|null|yes|no|on|off|y|n)$)[A-Za-z_][A-Za-z0-9_./-]*$", RegexOptions.IgnoreCase)]
    private static partial Regex PlainText();
}
