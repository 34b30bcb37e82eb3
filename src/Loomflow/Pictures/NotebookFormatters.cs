namespace Loomflow;

/// <summary>
/// Says to .NET Interactive how a type is shown in notebooks. Its formatting library goes by the names of this attribute and of
/// the members behind it, so that libraries need not depend on it.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class TypeFormatterSourceAttribute(Type formatterSourceType) : Attribute
{
    public Type FormatterSourceType { get; } = formatterSourceType;

    public string[] PreferredMimeTypes { get; set; } = [];
}

/// <summary>Shows workflows as drawings.</summary>
internal sealed class WorkflowFormatterSource
{
    // Called by convention, on an instance.
#pragma warning disable CA1822
    public IEnumerable<object> CreateTypeFormatters() => [new SvgFormatter(), new MermaidFormatter()];
#pragma warning restore CA1822

    private sealed class SvgFormatter
    {
        public string MimeType => "text/html";

        public bool Format(object instance, TextWriter writer)
        {
            if (instance is not IWorkflow workflow) return false;
            writer.Write(workflow.ToSvg());
            return true;
        }
    }

    private sealed class MermaidFormatter
    {
        public string MimeType => "text/plain";

        public bool Format(object instance, TextWriter writer)
        {
            if (instance is not IWorkflow workflow) return false;
            writer.Write(workflow.ToMermaid());
            return true;
        }
    }
}
