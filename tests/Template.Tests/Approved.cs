using Loomflow.Testing;

namespace Loomflow.Aspire.Template.Tests;

/// <summary>
/// Texts that somebody has looked at, in <c>Approved/</c>. Where one differs the test fails and leaves what it got beside it, as
/// <c>….received.txt</c>: move that over the approved one if it is right.
/// </summary>
internal static class Approved
{
    public static void Check(string name, string actual)
    {
        var path = Path.Combine(Repository.Root, "tests", "Template.Tests", "Approved", name);
        var received = Path.ChangeExtension(path, ".received.txt");
        var approved = File.Exists(path) ? File.ReadAllText(path) : "";
        if (actual == approved)
        {
            File.Delete(received);
            return;
        }

        File.WriteAllText(received, actual);
        var (before, after) = (approved.Split('\n'), actual.Split('\n'));
        Assert.Fail($"{name} is not as approved; see {received}\nmissing: {string.Join(", ", before.Except(after))}\nnew: {string.Join(", ", after.Except(before))}");
    }
}
