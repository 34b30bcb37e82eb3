namespace Aspire.Hosting.ApplicationModel;

/// <summary>A default that is generated once and then kept in the user secrets of the application host.</summary>
internal sealed class UserSecretsParameterDefault(string parameterName, ParameterDefault parameterDefault, UserSecretsFile? secrets) : ParameterDefault
{
    public override string GetDefaultValue() =>
        secrets is null ? parameterDefault.GetDefaultValue() : secrets.GetOrSet($"Parameters:{parameterName}", parameterDefault.GetDefaultValue);
}
