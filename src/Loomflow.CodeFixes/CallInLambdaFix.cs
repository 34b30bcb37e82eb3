using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Loomflow.CodeFixes;

/// <summary>LOOM006: writes the call down in a lambda, so that it can be redirected.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(CallInLambdaFix)), Shared]
public sealed class CallInLambdaFix : CodeFixProvider
{
    /// <inheritdoc />
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ["LOOM006"];

    /// <inheritdoc />
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc />
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        var model = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(context.Span, getInnermostNodeForTie: true) is not ExpressionSyntax group
            || model.GetTypeInfo(group, context.CancellationToken).ConvertedType is not INamedTypeSymbol { DelegateInvokeMethod: { } invoke })
        {
            return;
        }

        foreach (var diagnostic in context.Diagnostics)
        {
            context.RegisterCodeFix(
                CodeAction.Create("Call it in a lambda", _ => Task.FromResult(CallInLambda(context.Document, root, group, invoke)), "LOOM006"),
                diagnostic);
        }
    }

    private static Document CallInLambda(Document document, SyntaxNode root, ExpressionSyntax group, IMethodSymbol invoke)
    {
        var names = invoke.Parameters.Select((parameter, i) => parameter.Name.Length > 0 ? parameter.Name : $"p{i}").ToList();
        var list = string.Join(", ", names);
        var lambda = SyntaxFactory.ParseExpression($"{(names.Count == 1 ? list : $"({list})")} => {group.WithoutTrivia()}({list})").WithTriviaFrom(group);
        return document.WithSyntaxRoot(root.ReplaceNode(group, lambda));
    }
}
