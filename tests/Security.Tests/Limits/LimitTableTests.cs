using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Loomflow.Aspire.AgentWorker.Execution;
using Loomflow.Aspire.AgentWorker.Extensions;
using Loomflow.Aspire.AuditService;
using Loomflow.Aspire.Orchestrator.Dispatch;
using Loomflow.Aspire.Orchestrator.Extensions;
using Loomflow.Aspire.Orchestrator.Retention;
using Loomflow.Aspire.Orchestrator.Running;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults;
using Loomflow.Aspire.ServiceDefaults.ApiKeys;
using Loomflow.Aspire.ServiceDefaults.Limits;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Audit.Client;
using Loomflow.Redis.Memory;
using Loomflow.Redis.Workers;
using Loomflow.Testing;
using Loomflow.ThinkAct;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.Security.Tests.Limits;

/// <summary>The table of limits in docs/security.md and the options are the same, and options that make no sense keep a service from starting.</summary>
public sealed partial class LimitTableTests
{
    /// <summary>Every options class of the services and libraries with what its options are called by: a section of the configuration, or the class.</summary>
    private static readonly (string Prefix, Type Type)[] s_options =
    [
        ("Limits:", typeof(LimitOptions)), ("Limits:", typeof(RunLimits)), ("Input:", typeof(InputOptions)), ("Running:", typeof(RunningOptions)), ("Dispatch:", typeof(DispatchOptions)),
        ("Retention:", typeof(RetentionOptions)), ("Worker:", typeof(WorkerOptions)), ("WorkerDirectory:", typeof(WorkerDirectoryOptions)), ("Audit:", typeof(AuditOptions)),
        ("AuditClient:", typeof(AuditClientOptions)), ("ApiKeys:", typeof(ApiKeyOptions)), ("ServiceAuth:", typeof(ServiceAuthenticationOptions)), ("UserLimits:", typeof(UserLimits)),
        ("WorkflowOptions.", typeof(WorkflowOptions)), ("AgentOptions.", typeof(AgentOptions)), ("StepAgentOptions.", typeof(StepAgentOptions)), ("ToolSelection.", typeof(ToolSelection)),
        ("MemoryOptions.", typeof(MemoryOptions)), ("RedisMemoryOptions.", typeof(RedisMemoryOptions)), ("MemoryInjectionOptions.", typeof(MemoryInjectionOptions)), ("FactExtractionOptions.", typeof(FactExtractionOptions)),
    ];

    /// <summary>Numbers and times that bound nothing which callers, models or other services can bring: how often something is looked at, how work is cut into pieces, how long it is waited for.</summary>
    private static readonly string[] s_noLimits =
    [
        "Input:MaxRequestBytes", // follows from MaxBytes
        "Running:Lease", "Running:PollInterval", "Running:AuditLinger", "Running:DrainTimeout",
        "Dispatch:ConnectTimeout", "Dispatch:WorkerLease", "Dispatch:AttachGrace", "Dispatch:CancelGrace", "Dispatch:WaitInterval",
        "Retention:Interval",
        "Worker:HeartbeatInterval", "Worker:AnnounceInterval", "Worker:OrphanGrace", "Worker:DrainTimeout", "WorkerDirectory:TimeToLive", "WorkerDirectory:Refresh",
        "Audit:SegmentBytes", "Audit:SegmentEntries", "Audit:CheckpointEntries", "Audit:CheckpointInterval", "Audit:IdleCheckpointInterval", "Audit:VerificationInterval",
        "AuditClient:MaxEntriesPerMessage", "AuditClient:ReconnectDelay", "AuditClient:MaxReconnectDelay",
        "WorkflowOptions.CancellationGrace", "AgentOptions.ExpectedOutputTokens",
        "MemoryOptions.EmbeddingTimeout", "MemoryInjectionOptions.HalfLife", "FactExtractionOptions.DrainTimeout",
    ];

    [Fact]
    public void Table_SaysOfEveryLimitWhatItIs_AndOfNoOther()
    {
        var documented = Documented();
        var known = s_options.SelectMany(options => Bounds(options.Type).Select(property => options.Prefix + property.Name)).ToList();

        known.Except(s_noLimits).Except(documented.Keys).ShouldBeEmpty("limits that the table lacks: add them there, or to those that bound nothing here");
        s_noLimits.Except(known).ShouldBeEmpty("options that there are no more");
        documented.Keys.Intersect(s_noLimits).ShouldBeEmpty();
        foreach (var (name, written) in documented)
        {
            var (prefix, type) = s_options.FirstOrDefault(options => name.StartsWith(options.Prefix, StringComparison.Ordinal) && options.Type.GetProperty(name[options.Prefix.Length..]) is not null);
            type.ShouldNotBeNull($"{name} is in the table and no option");
            var value = type.GetProperty(name[prefix.Length..])!.GetValue(Activator.CreateInstance(type));
            if (value is int or long or TimeSpan or null) Read(written, value?.GetType()).ShouldBe(value, $"{name}: {written}");
        }
    }

    [Fact]
    public void OptionsThatMakeNoSense_KeepTheServiceFromStarting_AndAreNamed()
    {
        foreach (var (prefix, type) in s_options.Where(options => options.Prefix.EndsWith(':')))
        {
            foreach (var property in Bounds(type).Where(property => property.CanWrite))
            {
                var isTime = (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) == typeof(TimeSpan);
                Refusal(prefix + property.Name, isTime ? "-00:00:01" : "-1").ShouldContain(property.Name);
            }
        }
    }

    [Theory]
    [InlineData("Limits:MaxRequestBytes", "0")]
    [InlineData("Limits:RequestsPerSecond", "501", "RequestBurst")]
    [InlineData("Limits:EventStreams", "201", "ConcurrentRequests")]
    [InlineData("Limits:MaxOutputBytes", "0")]
    [InlineData("Input:MaxBytes", "0")]
    [InlineData("Input:MaxDepth", "49")]
    [InlineData("Worker:Capacity", "0")]
    [InlineData("Audit:QueueLength", "0")]
    [InlineData("Audit:MaxPayloadBytes", "16777216", "Limits:MaxMessageBytes")]
    [InlineData("AuditClient:MaxUnacknowledged", "0")]
    [InlineData("ServiceAuth:Lifetime", "02:00:00")]
    [InlineData("ServiceAuth:ClockSkew", "00:06:00")]
    [InlineData("Dispatch:WorkerLease", "00:00:02", "ConnectTimeout")]
    [InlineData("Running:WorkflowLimits:support", "0")]
    [InlineData("Memory:Bounds:MaxEpisodes", "0", "MaxEpisodes")]
    [InlineData("Memory:Extraction:Capacity", "0", "Capacity")]
    [InlineData("UserLimits:Budget:Window", "00:00:00.5", "window")]
    [InlineData("UserLimits:Budget:MaxTokens", "-1", "MaxTokens")]
    [InlineData("UserLimits:Rate:PerSecond", "0", "rate")]
    public void ALimitThatMakesNoSense_IsRefusedWithWhatStandsAgainstIt(string name, string value, string? why = null) =>
        Refusal(name, value).ShouldContain(why ?? name[(name.LastIndexOf(':') + 1)..]);

    /// <summary>What the services say that have the option.</summary>
    private static string Refusal(string name, string value)
    {
        var refusals = new List<string>();
        foreach (var (service, add) in new (string, Action<WebApplicationBuilder>)[] { ("audit", builder => builder.AddAuditLog()), ("orchestrator", builder => builder.AddOrchestrator()), ("agentworker", builder => builder.AddAgentWorker()) })
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["ServiceAuth:Key"] = "a service key of the tests, which is long enough",
                ["ServiceAuth:Name"] = service,
                ["ConnectionStrings:redis"] = "127.0.0.1:1,abortConnect=false",
                ["Audit:AuditorKey"] = SecuredSystem.AuditorKey,
                [name] = value,
            });
            try
            {
                builder.AddServiceDefaults();
                add(builder);
                using var provider = builder.Services.BuildServiceProvider();
                provider.GetRequiredService<IStartupValidator>().Validate();
            }
            catch (Exception refused) when (refused is OptionsValidationException or ArgumentException or AggregateException)
            {
                refusals.Add(refused.Message);
            }
        }

        refusals.ShouldNotBeEmpty($"{name}={value} starts");
        return string.Join('\n', refusals);
    }

    private static IEnumerable<PropertyInfo> Bounds(Type type) => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => (Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType) is var kind && (kind == typeof(int) || kind == typeof(long) || kind == typeof(TimeSpan)));

    /// <summary>The options of the table's rows with their defaults as they are written. A name without its section or class has that of the one before it.</summary>
    private static Dictionary<string, string> Documented()
    {
        var table = File.ReadAllText(Path.Combine(Repository.Root, "docs", "security.md"));
        var documented = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (Match row in Row().Matches(table[table.IndexOf("\n## Limits", StringComparison.Ordinal)..]))
        {
            var prefix = "";
            var names = Name().Matches(row.Groups["names"].Value).Select(name =>
            {
                if (name.Groups["prefix"].Length > 0) prefix = name.Groups["prefix"].Value;
                return prefix + name.Groups["name"].Value;
            }).ToArray();

            var defaults = row.Groups["defaults"].Value.Split(", ");
            for (var i = 0; i < names.Length; i++)
            {
                // A row of its own says how one kind of service differs.
                if (prefix.Length > 0 && !row.Groups["names"].Value.Contains("` of a ", StringComparison.Ordinal)) documented.Add(names[i], defaults[Math.Min(i, defaults.Length - 1)]);
            }
        }

        return documented;
    }

    /// <summary>A default as the table writes it: <c>4 MiB</c>, <c>10 min</c>, <c>8,000 characters</c>, <c>none</c>.</summary>
    private static object? Read(string written, Type? type)
    {
        var match = Default().Match(written);
        if (!match.Success) return type == typeof(TimeSpan) ? TimeSpan.Zero : null;
        var number = double.Parse(match.Groups["number"].Value, NumberStyles.AllowThousands | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        var unit = match.Groups["unit"].Value;
        if (type == typeof(TimeSpan) || unit is "ms" or "s" or "min" or "h" or "days")
        {
            return unit switch
            {
                "ms" => TimeSpan.FromMilliseconds(number),
                "s" => TimeSpan.FromSeconds(number),
                "min" => TimeSpan.FromMinutes(number),
                "h" => TimeSpan.FromHours(number),
                "days" => TimeSpan.FromDays(number),
                _ => written,
            };
        }

        var whole = (long)number * unit switch { "KiB" => 1024, "MiB" => 1024 * 1024, _ => 1 };
        return type == typeof(int) ? (int)whole : whole;
    }

    [GeneratedRegex(@"^\| (?<names>[^|]*) \| (?<defaults>[^|]*) \| [^|]* \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"`(?<prefix>[A-Za-z]+[:.])?(?<name>[A-Za-z]+)(:<[a-z]+>)?`")]
    private static partial Regex Name();

    [GeneratedRegex(@"^(?<number>[\d,.]*\d)( (?<unit>KiB|MiB|ms|s|min|h|days)\b)?")]
    private static partial Regex Default();
}
