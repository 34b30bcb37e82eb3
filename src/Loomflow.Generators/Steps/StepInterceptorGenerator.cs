using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Loomflow.Generators;

/// <summary>Redirects every call of a <c>[Step]</c> method that the compiler sees to an interceptor that runs it as a step of the live run.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class StepInterceptorGenerator : IIncrementalGenerator
{
    /// <summary>The tracking name of the call sites, for tests of what is computed again and what is not.</summary>
    public const string CallsStage = "StepCalls";

    /// <inheritdoc />
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var calls = context.SyntaxProvider
            .CreateSyntaxProvider(static (node, _) => node is InvocationExpressionSyntax, StepCall.Read)
            .Where(static call => call is not null)
            .WithTrackingName(CallsStage)
            .Collect();

        context.RegisterSourceOutput(calls, static (output, calls) =>
        {
            if (calls.Length > 0) output.AddSource("StepInterceptors.g.cs", InterceptorWriter.Write(calls!));
        });
    }
}
