namespace Loomflow.Aspire.Sbom;

/// <summary>The command line: options with a value, and <c>--package</c>.</summary>
internal sealed class Arguments
{
    private const string Package = "--package";

    private static readonly string[] s_options = ["--name", "--version", "--assets", "--framework", "--runtime", "--license", "--declared", "--output"];

    private readonly Dictionary<string, string> _values = [];

    public Arguments(IEnumerable<string> arguments)
    {
        var open = new Queue<string>(arguments);
        while (open.TryDequeue(out var option))
        {
            if (option == Package)
            {
                IsPackage = true;
                continue;
            }

            if (!s_options.Contains(option)) throw new SbomException($"'{option}' is not one of {string.Join(", ", s_options)}, {Package}.");
            _values[option] = open.TryDequeue(out var value) ? value : throw new SbomException($"{option} has no value.");
        }
    }

    /// <summary>Whether it is of a package, and not of something that runs.</summary>
    public bool IsPackage { get; }

    /// <summary>An option's value, which has to be there.</summary>
    public string this[string option] => Find(option) ?? throw new SbomException($"{option} is missing.");

    public string? Find(string option) => _values.GetValueOrDefault(option);
}
