namespace Aspire.Hosting.Run;

/// <summary>
/// Lets a test take over an application host whose entry point it invoked: the entry point stops in <c>Build()</c> until the test asks
/// for the application, and in <c>Run()</c> until the application has stopped.
/// </summary>
internal sealed class EntryPointHook(string assemblyName, string[] args)
{
    private static readonly AsyncLocal<EntryPointHook?> s_current = new();

    private readonly TaskCompletionSource<IDistributedApplicationBuilder> _builder = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _mayBuild = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _application = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static EntryPointHook? Current
    {
        get => s_current.Value;
        set => s_current.Value = value;
    }

    /// <summary>The builder, once the entry point has described its resources.</summary>
    public Task<IDistributedApplicationBuilder> Builder => _builder.Task;

    public void Configure(DistributedApplicationOptions options)
    {
        options.AssemblyName ??= assemblyName;
        options.Args = [.. options.Args ?? [], .. args];
    }

    public DistributedApplication Build(IDistributedApplicationBuilder builder, Func<DistributedApplication> build)
    {
        _builder.TrySetResult(builder);
        if (!_mayBuild.Task.GetAwaiter().GetResult()) throw new OperationCanceledException("The test ended without building the application.");

        var application = build();
        _application.TrySetResult(application);
        return application;
    }

    public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken)
    {
        _mayBuild.TrySetResult(true);
        return _application.Task.WaitAsync(cancellationToken);
    }

    public void Abandon() => _mayBuild.TrySetResult(false);

    public void Fail(Exception error)
    {
        _builder.TrySetException(error);
        _application.TrySetException(error);
    }
}
