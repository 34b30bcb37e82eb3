using System.Collections.Immutable;
using System.Composition;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Loomflow.CodeFixes;

/// <summary>LOOM101 to LOOM103: adds or removes the option of a step attribute that contradicts the others.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(StepOptionsFix)), Shared]
public sealed class StepOptionsFix : CodeFixProvider
{
    /// <inheritdoc />
    public override ImmutableArray<string> FixableDiagnosticIds { get; } = ["LOOM101", "LOOM102", "LOOM103"];

    /// <inheritdoc />
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc />
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        var root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(context.Span).FirstAncestorOrSelf<MethodDeclarationSyntax>() is not { } method) return;

        foreach (var diagnostic in context.Diagnostics)
        {
            var option = diagnostic.Id switch { "LOOM101" => "Stream", "LOOM102" => "FullResponse", _ => "ReturnType" };
            if (Find(method, option) is not { Parent: AttributeArgumentListSyntax arguments } argument) continue;

            var (title, changed) = diagnostic.Id == "LOOM103"
                ? ("Add JsonOutput = true", arguments.AddArguments(SyntaxFactory.AttributeArgument(
                    SyntaxFactory.NameEquals("JsonOutput").NormalizeWhitespace(), null, SyntaxFactory.LiteralExpression(SyntaxKind.TrueLiteralExpression)).NormalizeWhitespace()))
                : ($"Remove {option}", arguments.RemoveNode(argument, SyntaxRemoveOptions.KeepNoTrivia)!);
            if (diagnostic.Id == "LOOM103") changed = changed.WithArguments(SyntaxFactory.SeparatedList(changed.Arguments, Separators(changed.Arguments.Count)));
            context.RegisterCodeFix(
                CodeAction.Create(title, _ => Task.FromResult(context.Document.WithSyntaxRoot(root.ReplaceNode(arguments, changed))), diagnostic.Id),
                diagnostic);
        }
    }

    private static AttributeArgumentSyntax? Find(MethodDeclarationSyntax method, string option) => method.AttributeLists
        .SelectMany(list => list.Attributes).SelectMany(attribute => attribute.ArgumentList?.Arguments ?? [])
        .FirstOrDefault(argument => argument.NameEquals?.Name.Identifier.ValueText == option);

    private static IEnumerable<SyntaxToken> Separators(int arguments) =>
        Enumerable.Repeat(SyntaxFactory.Token(SyntaxKind.CommaToken).WithTrailingTrivia(SyntaxFactory.Space), arguments - 1);
}
