using System.Net;
using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Loomflow.Benchmarks.Grpc;

/// <summary>A unary call, beside the same bytes in a plain HTTP/2 POST: the difference is what gRPC costs.</summary>
[MemoryDiagnoser]
public class GrpcUnaryBenchmarks
{
    private WebApplication _application = null!;
    private GrpcChannel _channel = null!;
    private Echo.EchoClient _client = null!;
    private HttpClient _http = null!;
    private Uri _plain = null!;
    private Message _message = null!;
    private byte[] _body = null!;

    [Params(100, 10_000)]
    public int Size { get; set; }

    [GlobalSetup]
    public async Task StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        _application = builder.Build();
        _application.MapGrpcService<EchoService>();
        _application.MapPost("/plain", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            await context.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), context.RequestAborted);
        });
        await _application.StartAsync();

        var address = _application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        _channel = GrpcChannel.ForAddress(address);
        _client = new Echo.EchoClient(_channel);
        _http = new HttpClient();
        _plain = new Uri(new Uri(address), "/plain");
        _message = new Message { Body = ByteString.CopyFrom(new byte[Size]) };
        _body = _message.ToByteArray();
    }

    [GlobalCleanup]
    public async Task StopAsync()
    {
        _channel.Dispose();
        _http.Dispose();
        await _application.DisposeAsync();
    }

    [Benchmark(Baseline = true)]
    public async Task<int> HttpPost()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _plain)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(_body),
        };
        using var response = await _http.SendAsync(request);
        return (await response.Content.ReadAsByteArrayAsync()).Length;
    }

    [Benchmark]
    public async Task<int> GrpcUnary() => (await _client.SayAsync(_message)).Body.Length;
}
