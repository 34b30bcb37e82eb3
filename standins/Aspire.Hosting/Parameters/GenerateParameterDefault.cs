using System.Security.Cryptography;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A random value of <see cref="MinLength"/> characters.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    // The genuine alphabets: without the characters that are easily mistaken for one another, and special ones that need no escaping.
    private const string LowerCase = "abcdefghjkmnpqrstuvwxyz";
    private const string UpperCase = "ABCDEFGHJKMNPQRSTUVWXYZ";
    private const string Digits = "0123456789";
    private const string SpecialCharacters = "-_.{}~()*+!";

    public int MinLength { get; set; } = 22;

    public bool Lower { get; set; } = true;

    public bool Upper { get; set; } = true;

    public bool Numeric { get; set; } = true;

    public bool Special { get; set; } = true;

    public int MinLower { get; set; }

    public int MinUpper { get; set; }

    public int MinNumeric { get; set; }

    public int MinSpecial { get; set; }

    public override string GetDefaultValue()
    {
        (string Alphabet, bool Enabled, int Minimum)[] groups =
            [(LowerCase, Lower, MinLower), (UpperCase, Upper, MinUpper), (Digits, Numeric, MinNumeric), (SpecialCharacters, Special, MinSpecial)];
        var all = string.Concat(groups.Where(group => group.Enabled).Select(group => group.Alphabet));
        if (all.Length == 0) throw new ArgumentException("At least one character type must be enabled.");

        var characters = new List<char>();
        foreach (var group in groups.Where(group => group.Enabled)) characters.AddRange(RandomNumberGenerator.GetItems<char>(group.Alphabet, group.Minimum));
        characters.AddRange(RandomNumberGenerator.GetItems<char>(all, Math.Max(0, MinLength - characters.Count)));

        var value = characters.ToArray();
        RandomNumberGenerator.Shuffle<char>(value);
        return new string(value);
    }
}
