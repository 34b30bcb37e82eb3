using System.Reflection;
using System.Text.Json.Nodes;
using Aspire.Hosting.Run;

namespace Aspire.Hosting.Testing;

public static class DistributedApplicationTestingBuilder
{
    /// <summary>Invokes the entry point of the application host that <typeparamref name="TEntryPoint"/> belongs to, as far as its <c>Build()</c>.</summary>
    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(CancellationToken cancellationToken = default) where TEntryPoint : class =>
        CreateAsync<TEntryPoint>([], cancellationToken);

    public static Task<IDistributedApplicationTestingBuilder> CreateAsync<TEntryPoint>(string[] args, CancellationToken cancellationToken = default)
        where TEntryPoint : class => CreateAsync(typeof(TEntryPoint), args, cancellationToken);

    public static async Task<IDistributedApplicationTestingBuilder> CreateAsync(Type entryPoint, string[] args, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entryPoint);

        var assembly = entryPoint.Assembly;
        var main = assembly.EntryPoint ?? throw new InvalidOperationException($"Assembly of specified type {entryPoint} does not have an entry point.");
        var hook = new EntryPointHook(assembly.GetName().Name!, [.. LaunchProfileArguments(assembly), .. args]);
        new Thread(() => Invoke(main, hook)) { IsBackground = true, Name = $"{assembly.GetName().Name} entry point" }.Start();
        return new TestingBuilder(await hook.Builder.WaitAsync(cancellationToken), hook);
    }

    private static void Invoke(MethodInfo main, EntryPointHook hook)
    {
        EntryPointHook.Current = hook;
        try
        {
            var result = main.Invoke(null, main.GetParameters().Length == 0 ? [] : [Array.Empty<string>()]);
            if (result is Task running) running.GetAwaiter().GetResult();
            hook.Fail(new InvalidOperationException("The entry point exited without building an application."));
        }
        catch (TargetInvocationException error)
        {
            hook.Fail(error.InnerException!);
        }
        catch (Exception error)
        {
            hook.Fail(error);
        }
    }

    // The host's own launch profile says which environment it is started in.
    private static IEnumerable<string> LaunchProfileArguments(Assembly assembly)
    {
        var directory = assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .FirstOrDefault(attribute => attribute.Key.Equals("apphostprojectpath", StringComparison.OrdinalIgnoreCase))?.Value;
        var path = Path.Combine(directory ?? "", "Properties", "launchSettings.json");
        if (directory is null || !File.Exists(path)) yield break;

        var profile = JsonNode.Parse(File.ReadAllText(path))?["profiles"]?.AsObject().FirstOrDefault().Value;
        if (profile?["environmentVariables"]?["DOTNET_ENVIRONMENT"]?.GetValue<string>() is not { } environment) yield break;

        yield return "--environment";
        yield return environment;
    }
}
