using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Loomflow.V1;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;

namespace Loomflow.Aspire.Security.Tests.Doors;

/// <summary>A REST route with one of its methods, or a gRPC method: how to knock, and what it says about who may come in.</summary>
internal sealed record Door(Service Service, RouteEndpoint Endpoint, string Method)
{
    // Is understood wherever a route takes a body.
    private const string Body = """{"input": "x", "from": "x", "approved": true, "reason": "x"}""";

    private static readonly MethodDescriptor[] s_methods =
    [
        .. new[] { RunsReflection.Descriptor, MemoriesReflection.Descriptor, BudgetsReflection.Descriptor, WorkerReflection.Descriptor, AuditReflection.Descriptor }
            .SelectMany(file => file.Services).SelectMany(service => service.Methods),
    ];

    public bool IsGrpc => Endpoint.Metadata.Any(item => item.GetType().FullName == "Grpc.AspNetCore.Server.GrpcMethodMetadata");

    public bool IsOpen => Endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;

    /// <summary>The policy that it names.</summary>
    public string Policy => Endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>().Select(data => data.Policy).Last(policy => policy is not null)!;

    public string Route => $"/{Endpoint.RoutePattern.RawText!.TrimStart('/')}";

    /// <summary>What the audit log calls it.</summary>
    public string AskedFor => $"{Method} {Route}";

    public bool NamesARun => IsGrpc ? Input?.FindFieldByName("run_id") is not null : Endpoint.RoutePattern.GetParameter("id") is not null;

    private MessageDescriptor? Input => s_methods.SingleOrDefault(method => Route == $"/{method.Service.FullName}/{method.Name}")?.InputType;

    public static IEnumerable<Door> Of(Service service) =>
        from endpoint in service.Doors
        where endpoint.RoutePattern.GetParameter("unimplementedMethod") is null
        from method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]
        select new Door(service, endpoint, method);

    /// <summary>Knocks, with a credential and the id of a run.</summary>
    public async Task<Answer> KnockAsync(string? credential, string runId, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(new HttpMethod(Method), IsGrpc ? Route : Address(runId));
        if (credential is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", credential);
        if (IsGrpc)
        {
            (request.Version, request.VersionPolicy) = (HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact);
            request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
            request.Content = new ByteArrayContent(Framed(Message(runId)));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        }
        else if (Method is "POST")
        {
            request.Content = new StringContent(Body, Encoding.UTF8, "application/json");
        }

        using var response = await (IsGrpc ? Service.Grpc : Service.Http).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);

        // What lets a caller in may be a stream without an end.
        if ((int)response.StatusCode == 200 && !IsGrpc) return new Answer(200, null, "");
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        var status = response.TrailingHeaders.Concat(response.Headers).Where(header => header.Key == "grpc-status").Select(header => header.Value.First()).FirstOrDefault();
        var message = response.TrailingHeaders.Concat(response.Headers).Where(header => header.Key == "grpc-message").Select(header => header.Value.First()).FirstOrDefault();
        return new Answer((int)response.StatusCode, status is null ? null : (StatusCode)int.Parse(status, System.Globalization.CultureInfo.InvariantCulture), $"{body}{message}");
    }

    public override string ToString() => $"{Service.Name} {AskedFor}";

    private string Address(string runId)
    {
        var path = Route.Replace("{**", "{", StringComparison.Ordinal).Replace("{id}", runId, StringComparison.Ordinal).Replace("{runId}", runId, StringComparison.Ordinal)
            .Replace("{workflow}", "echo", StringComparison.Ordinal).Replace("{sequence:long}", "0", StringComparison.Ordinal);
        foreach (var parameter in Endpoint.RoutePattern.Parameters) path = path.Replace($"{{{parameter.Name}}}", "echo", StringComparison.Ordinal);
        return path;
    }

    private IMessage? Message(string runId)
    {
        if (Input is null) return null;
        var message = Input.Parser.ParseFrom(ByteString.Empty);
        Input.FindFieldByName("run_id")?.Accessor.SetValue(message, runId);
        Input.FindFieldByName("decision")?.Accessor.SetValue(message, ByteString.CopyFromUtf8("""{"outcome": "approved"}"""));
        return message;
    }

    private static byte[] Framed(IMessage? message)
    {
        var bytes = message?.ToByteArray() ?? [];
        var frame = new byte[5 + bytes.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), bytes.Length);
        bytes.CopyTo(frame.AsSpan(5));
        return frame;
    }
}
