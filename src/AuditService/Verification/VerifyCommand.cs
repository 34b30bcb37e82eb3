using System.Globalization;
using Loomflow.Aspire.AuditService.Checkpoints;
using Loomflow.Aspire.AuditService.Export;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;

namespace Loomflow.Aspire.AuditService.Verification;

/// <summary><c>verify</c> on the command line: needs the files of a log or an export bundle, and no service.</summary>
internal static class VerifyCommand
{
    public const string Name = "verify";

    private const int Intact = 0;
    private const int Damaged = 1;
    private const int Misused = 2;

    private const string Usage =
        """
        Usage: verify <directory or bundle.tar> [options]

          --key <id>=<file>       a secret of the log, from a file (may be repeated); or the variables
                                  Audit__Key and Audit__KeyId; without any, only public keys are used
          --public-key <key>      a verifier key of the checkpoints, or a file of them (may be repeated);
                                  without it, the keys that lie beside the log are believed
          --anchor <file>         checkpoints that were published elsewhere (may be repeated)

        Exit code: 0 intact, 1 damaged, 2 wrong usage.
        """;

    public static async Task<int> RunAsync(string[] args, TextWriter output, CancellationToken cancellationToken)
    {
        string? extracted = null;
        try
        {
            var arguments = Parse(args);
            var directory = arguments.Path;
            if (File.Exists(directory))
            {
                extracted = Directory.CreateTempSubdirectory("loomflow-audit-").FullName;
                await using var bundle = File.OpenRead(directory);
                await ExportBundle.ExtractAsync(bundle, extracted, cancellationToken);
                directory = extracted;
            }

            var files = new LogFiles(directory);
            if (files.ListSegments().Count == 0) throw new ArgumentException($"'{arguments.Path}' holds no audit log: expected a directory with 'segments', or a bundle of /v1/export.");
            var verification = new LogVerification(files, arguments.Keys, arguments.PublicKeys.Count > 0 ? arguments.PublicKeys : CheckpointKeyFile.Read(files))
            {
                Anchors = arguments.Anchors,
                IsBundle = extracted is not null,
            };
            var result = await verification.RunAsync(cancellationToken);
            await output.WriteAsync(VerificationText.Describe(result));
            return result.IsIntact ? Intact : Damaged;
        }
        catch (LogDamagedException e)
        {
            await output.WriteLineAsync($"DAMAGED: {e.Damage}");
            return Damaged;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or IOException or InvalidDataException)
        {
            await output.WriteLineAsync(e.Message);
            await output.WriteLineAsync(Usage);
            return Misused;
        }
        finally
        {
            if (extracted is not null) Directory.Delete(extracted, recursive: true);
        }
    }

    private static Arguments Parse(string[] args)
    {
        string? path = null;
        var keys = new List<AuditKey>();
        var publicKeys = new List<CheckpointKey>();
        var anchors = new List<(string, string)>();
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--key" when i + 1 < args.Length && args[i + 1].Split('=', 2) is [var id, var file]:
                    keys.Add(AuditKey.FromText(id, File.ReadAllText(file)));
                    i++;
                    break;
                case "--public-key" when i + 1 < args.Length:
                    var text = args[++i];
                    publicKeys.AddRange((File.Exists(text) ? File.ReadAllLines(text) : [text]).Where(line => line.Length > 0).Select(CheckpointKey.Parse));
                    break;
                case "--anchor" when i + 1 < args.Length:
                    anchors.Add(($"the anchor '{args[++i]}'", File.ReadAllText(args[i])));
                    break;
                case var option when option.StartsWith('-') || path is not null:
                    throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"'{option}' is not understood."));
                default:
                    path = args[i];
                    break;
            }
        }

        if (keys.Count == 0 && Environment.GetEnvironmentVariable("Audit__Key") is { Length: > 0 } key)
        {
            keys.Add(AuditKey.FromText(Environment.GetEnvironmentVariable("Audit__KeyId") ?? "k1", key));
        }

        return new Arguments(path ?? throw new ArgumentException("Which log?"), keys.Count == 0 ? null : new AuditKeyRing(keys), publicKeys, anchors);
    }

    private sealed record Arguments(string Path, AuditKeyRing? Keys, IReadOnlyList<CheckpointKey> PublicKeys, IReadOnlyList<(string, string)> Anchors);
}
