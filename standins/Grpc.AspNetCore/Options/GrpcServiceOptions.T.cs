namespace Grpc.AspNetCore.Server;

/// <summary>Options of one service. What is not set here comes from the options of all services.</summary>
public class GrpcServiceOptions<TService> : GrpcServiceOptions
    where TService : class
{
}
