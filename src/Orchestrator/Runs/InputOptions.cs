using System.ComponentModel.DataAnnotations;

namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>What callers may send; section <c>Input</c>.</summary>
internal sealed class InputOptions
{
    public const string Section = "Input";

    /// <summary>What a request has beside its input: names, metadata, the JSON or protobuf around it.</summary>
    private const int Envelope = 64 * 1024;

    /// <summary>The largest input of a run, data of a signal or data of an answer, in bytes of JSON.</summary>
    [Range(1, 256 * 1024 * 1024)]
    public int MaxBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>How deep the JSON of any of these may be nested. Events hold it some levels down, so this is below what JSON in the system may be.</summary>
    [Range(1, 48)]
    public int MaxDepth { get; set; } = 32;

    /// <summary>The largest request, in bytes.</summary>
    public int MaxRequestBytes => MaxBytes + Envelope;
}
