namespace Aspire.Hosting.Testing;

/// <summary>A builder whose resources the entry point of an application host has described.</summary>
public interface IDistributedApplicationTestingBuilder : IDistributedApplicationBuilder, IAsyncDisposable, IDisposable
{
    Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default);
}
