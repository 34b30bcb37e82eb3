namespace Loomflow.Aspire.AppHost;

internal static class RedisExtensions
{
    /// <summary>
    /// Writes every change to a log as well: the snapshots that a data volume brings lose up to a minute when Redis is killed, and the
    /// journals of runs must not.
    /// </summary>
    public static IResourceBuilder<RedisResource> WithAppendOnlyPersistence(this IResourceBuilder<RedisResource> builder) =>
        builder.WithArgs(context =>
        {
            if (context.ExecutionContext.IsRunMode)
            {
                context.Args.Add("--appendonly");
                context.Args.Add("yes");
            }
            else
            {
                // When published, the last argument is the whole command line, as one string for the container's shell.
                context.Args[^1] = $"{context.Args[^1]} --appendonly yes";
            }
        });
}
