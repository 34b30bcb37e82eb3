using System.Text.Json;
using System.Text.Json.Serialization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>The launchSettings.json of a project.</summary>
public sealed class LaunchSettings
{
    private static readonly JsonSerializerOptions s_json = new() { ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    [JsonPropertyName("profiles")]
    public Dictionary<string, LaunchProfile> Profiles { get; set; } = [];

    internal static LaunchSettings Read(IProjectMetadata project)
    {
        if (project.LaunchSettings is { } given) return given;

        var path = Path.Combine(Path.GetDirectoryName(project.ProjectPath)!, "Properties", "launchSettings.json");
        if (!File.Exists(path)) return new LaunchSettings();

        try
        {
            return JsonSerializer.Deserialize<LaunchSettings>(File.ReadAllText(path), s_json) ?? new LaunchSettings();
        }
        catch (JsonException error)
        {
            throw new DistributedApplicationException($"Failed to get effective launch profile for '{project.ProjectPath}'. There is malformed JSON in '{path}': {error.Message}", error);
        }
    }

    /// <summary>The profile that was asked for, else the one that the application host was started with, else the first one that starts a project.</summary>
    internal (string Name, LaunchProfile Profile)? Select(string? requested, string? hostProfile, string resourceName)
    {
        if (requested is not null)
        {
            return Profiles.TryGetValue(requested, out var found)
                ? (requested, found)
                : throw new DistributedApplicationException($"Launch settings file for '{resourceName}' does not contain the launch profile '{requested}'.");
        }

        if (hostProfile is not null && Profiles.TryGetValue(hostProfile, out var same)) return (hostProfile, same);
        foreach (var (name, profile) in Profiles)
        {
            if (string.Equals(profile.CommandName, "Project", StringComparison.OrdinalIgnoreCase)) return (name, profile);
        }

        return null;
    }
}
