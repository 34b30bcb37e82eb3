namespace Loomflow.Aspire.AppHost;

/// <summary>Secrets as parameters: set them with <c>dotnet user-secrets --project AppHost set Parameters:name value</c>.</summary>
internal static class SecretExtensions
{
    /// <summary>A secret of more than 32 bytes of entropy (48 characters out of 54), generated once and kept in the user secrets.</summary>
    public static IResourceBuilder<ParameterResource> AddGeneratedSecret(this IDistributedApplicationBuilder builder, string name) =>
        builder.AddParameter(name, new GenerateParameterDefault { MinLength = 48, Special = false }, secret: true, persist: true);

    /// <summary>A secret that may stay empty.</summary>
    public static IResourceBuilder<ParameterResource> AddOptionalSecret(this IDistributedApplicationBuilder builder, string name) =>
        builder.AddParameter(name, () => builder.Configuration[$"Parameters:{name}"] ?? "", secret: true);
}
