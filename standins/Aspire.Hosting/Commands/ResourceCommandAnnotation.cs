namespace Aspire.Hosting.ApplicationModel;

public sealed class ResourceCommandAnnotation(
    string name, string displayName, Func<ExecuteCommandContext, Task<ExecuteCommandResult>> executeCommand, CommandOptions options) : IResourceAnnotation
{
    public string Name { get; } = name;

    public string DisplayName { get; } = displayName;

    public Func<UpdateCommandStateContext, ResourceCommandState> UpdateState { get; } = options.UpdateState ?? (_ => ResourceCommandState.Enabled);

    public Func<ExecuteCommandContext, Task<ExecuteCommandResult>> ExecuteCommand { get; } = executeCommand;

    public string? DisplayDescription { get; } = options.Description;

    public string? ConfirmationMessage { get; } = options.ConfirmationMessage;

    public string? IconName { get; } = options.IconName;

    public IconVariant? IconVariant { get; } = options.IconVariant;

    public bool IsHighlighted { get; } = options.IsHighlighted;
}
