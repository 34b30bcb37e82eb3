namespace Aspire.Hosting.Run;

/// <summary>
/// What the generated <c>Projects.Name</c> classes implement here and not in the genuine package: the stand-in starts what the
/// build left there, while the genuine one leaves that to <c>dotnet run</c>.
/// </summary>
public interface IBuiltProject : IProjectMetadata
{
    /// <summary>The full path of the built assembly.</summary>
    string TargetPath { get; }
}
