using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Formatting;
using Microsoft.CodeAnalysis.Simplification;

namespace Loomflow.CodeFixes;

/// <summary>LOOM004: puts <c>[Step]</c> on the declaration that lacks it.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(AddStepFix)), Shared]
public sealed class AddStepFix : CodeFixProvider
{
    /// <inheritdoc />
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ["LOOM004"];

    /// <inheritdoc />
    public override FixAllProvider? GetFixAllProvider() => null;

    /// <inheritdoc />
    public override Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        foreach (var diagnostic in context.Diagnostics)
        {
            // The declaration that lacks the attribute, where it is in source at all.
            if (diagnostic.AdditionalLocations.FirstOrDefault() is not { SourceTree: { } tree } place
                || context.Document.Project.Solution.GetDocument(tree) is not { } document)
            {
                continue;
            }

            context.RegisterCodeFix(
                CodeAction.Create("Add [Step] to the other declaration", cancellationToken => AddStep(document, place, cancellationToken), "LOOM004"),
                diagnostic);
        }

        return Task.CompletedTask;
    }

    private static async Task<Solution> AddStep(Document document, Location place, CancellationToken cancellationToken)
    {
        var root = (await document.GetSyntaxRootAsync(cancellationToken).ConfigureAwait(false))!;
        if (root.FindNode(place.SourceSpan).FirstAncestorOrSelf<MethodDeclarationSyntax>() is not { } method) return document.Project.Solution;

        var attributes = SyntaxFactory.AttributeList([SyntaxFactory.Attribute(SyntaxFactory.ParseName("global::Loomflow.Step").WithAdditionalAnnotations(Simplifier.Annotation))])
            .WithTrailingTrivia(SyntaxFactory.ElasticLineFeed);
        var changed = method.WithoutLeadingTrivia().WithAttributeLists(method.AttributeLists.Insert(0, attributes))
            .WithLeadingTrivia(method.GetLeadingTrivia())
            .WithAdditionalAnnotations(Formatter.Annotation);
        return document.WithSyntaxRoot(root.ReplaceNode(method, changed)).Project.Solution;
    }
}
