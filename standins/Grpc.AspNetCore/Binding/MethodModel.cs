using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace Grpc.AspNetCore.Server;

/// <summary>A method ready to be mapped.</summary>
internal sealed record MethodModel(IMethod Method, IReadOnlyList<object> Metadata, RequestDelegate Handler);
