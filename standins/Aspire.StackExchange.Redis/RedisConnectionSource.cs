namespace Microsoft.Extensions.Hosting;

/// <summary>Where the options of one registration come from.</summary>
internal sealed record RedisConnectionSource(string? ConnectionString);
