using System.Globalization;

namespace Loomflow.Aspire.Orchestrator.ApiKeys;

/// <summary>What the <c>keys</c> command was asked for.</summary>
internal sealed record KeysArguments
{
    public required string Verb { get; init; }

    public string? KeyId { get; init; }

    public string? User { get; init; }

    public string? Tenant { get; init; }

    public IReadOnlyList<string>? Scopes { get; init; }

    public TimeSpan? Lifetime { get; init; }

    public string? KeyName { get; init; }

    public bool WithoutAudit { get; init; }

    /// <exception cref="ArgumentException">The command line is not understood.</exception>
    public static KeysArguments Parse(string[] args)
    {
        var arguments = args switch
        {
            ["create", ..] => new KeysArguments { Verb = "create" },
            ["list", ..] => new KeysArguments { Verb = "list" },
            ["revoke", var id, ..] when !id.StartsWith('-') => new KeysArguments { Verb = "revoke", KeyId = id },
            _ => throw new ArgumentException("What is to be done: create, list, or revoke a key?"),
        };
        for (var i = arguments.KeyId is null ? 1 : 2; i < args.Length; i++)
        {
            if (args[i] == "--without-audit") arguments = arguments with { WithoutAudit = true };
            else if (arguments.Verb == "create" && i + 1 < args.Length) arguments = arguments.With(args[i], args[++i]);
            else throw new ArgumentException($"'{args[i]}' is not understood.");
        }

        return arguments;
    }

    private KeysArguments With(string option, string value) => option switch
    {
        "--user" => this with { User = value },
        "--tenant" => this with { Tenant = value },
        "--name" => this with { KeyName = value },
        "--scopes" => this with { Scopes = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) },
        "--days" when double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var days) && double.Abs(days) < 1e6 => this with { Lifetime = TimeSpan.FromDays(days) },
        _ => throw new ArgumentException($"'{option} {value}' is not understood."),
    };
}
