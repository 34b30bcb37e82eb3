using System.Diagnostics.Metrics;

namespace Loomflow;

/// <summary>Bucket boundaries of histograms in seconds.</summary>
public static class Durations
{
    /// <summary>Of runs, steps and model calls, the boundaries that the GenAI conventions advise, with some below them: steps can be quick.</summary>
    public static InstrumentAdvice<double> Long { get; } = new() { HistogramBucketBoundaries = [0.0001, 0.001, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92] };

    /// <summary>Of what a person does not notice: writes and queues.</summary>
    public static InstrumentAdvice<double> Short { get; } = new() { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] };
}
