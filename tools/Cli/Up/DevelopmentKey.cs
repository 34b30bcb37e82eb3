using System.Security.Cryptography;

namespace Loomflow.Aspire.Cli.Up;

/// <summary>The API key of this one start: the orchestrator takes it in Development alone, and it is kept nowhere.</summary>
internal sealed class DevelopmentKey
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private const int Length = 48;

    /// <summary>The setting of AppHost that carries the secret. With the dash, it comes before what AppHost keeps in its user secrets.</summary>
    public const string Variable = "Parameters__development-key";

    public string Secret { get; } = RandomNumberGenerator.GetString(Alphabet, Length);

    /// <summary>What a caller sends.</summary>
    public string Text => $"loomkey_development_{Secret}";
}
