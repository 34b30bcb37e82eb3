using Grpc.Core;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>What a caller is told of a request that was refused.</summary>
/// <param name="Reason">For programs: one word with underscores.</param>
/// <param name="HttpStatus">The status over REST.</param>
/// <param name="GrpcStatus">The code over gRPC.</param>
/// <param name="Detail">For people: what was wrong and the way out.</param>
/// <param name="RetryAfter">When to try again, where that helps.</param>
internal sealed record Refusal(string Reason, int HttpStatus, StatusCode GrpcStatus, string Detail, TimeSpan? RetryAfter = null);
