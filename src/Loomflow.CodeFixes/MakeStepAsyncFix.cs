using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Editing;
using Microsoft.CodeAnalysis.Simplification;

namespace Loomflow.CodeFixes;

/// <summary>LOOM001: makes a synchronous <c>[Step]</c> method async, or takes the attribute away.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(MakeStepAsyncFix)), Shared]
public sealed class MakeStepAsyncFix : CodeFixProvider
{
    /// <inheritdoc />
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ["LOOM001"];

    /// <inheritdoc />
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc />
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        var function = root?.FindNode(context.Span).FirstAncestorOrSelf<SyntaxNode>(node => node is MethodDeclarationSyntax or LocalFunctionStatementSyntax);
        if (function is null) return;

        foreach (var diagnostic in context.Diagnostics)
        {
            if (CanBecomeAsync(function))
            {
                context.RegisterCodeFix(
                    CodeAction.Create("Make it async", cancellationToken => MakeAsync(context.Document, function, cancellationToken), "LOOM001.async"),
                    diagnostic);
            }

            context.RegisterCodeFix(
                CodeAction.Create("Remove [Step]", cancellationToken => RemoveStep(context.Document, function, cancellationToken), "LOOM001.remove"),
                diagnostic);
        }
    }

    // An iterator cannot be async and return a task; neither can a method that returns by reference.
    private static bool CanBecomeAsync(SyntaxNode function) =>
        ReturnType(function) is not RefTypeSyntax
        && !function.DescendantNodes(node => node == function || node is not (AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax)).OfType<YieldStatementSyntax>().Any();

    private static TypeSyntax ReturnType(SyntaxNode function) =>
        function is MethodDeclarationSyntax method ? method.ReturnType : ((LocalFunctionStatementSyntax)function).ReturnType;

    private static async Task<Document> MakeAsync(Document document, SyntaxNode function, CancellationToken cancellationToken)
    {
        var editor = await DocumentEditor.CreateAsync(document, cancellationToken).ConfigureAwait(false);
        var returned = ReturnType(function);
        TypeSyntax task = returned is PredefinedTypeSyntax { Keyword.RawKind: (int)SyntaxKind.VoidKeyword }
            ? SyntaxFactory.ParseTypeName("global::System.Threading.Tasks.Task")
            : SyntaxFactory.ParseTypeName($"global::System.Threading.Tasks.Task<{returned.WithoutTrivia()}>");
        task = task.WithTriviaFrom(returned).WithAdditionalAnnotations(Simplifier.Annotation);

        var hasBody = function is not MethodDeclarationSyntax { Body: null, ExpressionBody: null };
        editor.ReplaceNode(function, (node, generator) =>
        {
            var typed = node switch
            {
                MethodDeclarationSyntax method => (SyntaxNode)method.WithReturnType(task),
                LocalFunctionStatementSyntax local => local.WithReturnType(task),
                _ => node,
            };
            return hasBody ? generator.WithModifiers(typed, generator.GetModifiers(typed).WithAsync(true)) : typed;
        });
        return editor.GetChangedDocument();
    }

    private static async Task<Document> RemoveStep(Document document, SyntaxNode function, CancellationToken cancellationToken)
    {
        var editor = await DocumentEditor.CreateAsync(document, cancellationToken).ConfigureAwait(false);
        var attribute = function.ChildNodes().OfType<AttributeListSyntax>().SelectMany(list => list.Attributes).FirstOrDefault(one =>
            editor.SemanticModel.GetSymbolInfo(one, cancellationToken).Symbol?.ContainingType is { Name: "StepAttribute", ContainingNamespace.Name: "Loomflow" });
        if (attribute?.Parent is not AttributeListSyntax attributes) return document;
        if (attributes.Attributes.Count == 1) editor.RemoveNode(attributes, SyntaxRemoveOptions.KeepExteriorTrivia);
        else editor.ReplaceNode(attributes, attributes.WithAttributes(attributes.Attributes.Remove(attribute)));
        return editor.GetChangedDocument();
    }
}
