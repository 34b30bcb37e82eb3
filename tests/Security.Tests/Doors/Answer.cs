using System.Text.RegularExpressions;
using Grpc.Core;

namespace Loomflow.Aspire.Security.Tests.Doors;

/// <summary>What came back.</summary>
internal sealed partial record Answer(int Status, StatusCode? Grpc, string Body)
{
    /// <summary>The same, without what differs from one request to the next.</summary>
    public Answer About(string runId) => this with { Body = TraceId().Replace(Body.Replace(runId, "ID", StringComparison.Ordinal), "") };

    [GeneratedRegex("\"traceId\":\"[^\"]*\"")]
    private static partial Regex TraceId();
}
