using System.Diagnostics;
using System.Globalization;
using Grpc.Core;

namespace Grpc.Net.Client.Calls;

/// <summary>The client's span of a call. The HTTP handler propagates it in <c>traceparent</c>.</summary>
internal static class GrpcActivity
{
    private const string Name = "Grpc.Net.Client.GrpcOut";

    private static readonly ActivitySource s_source = new("Grpc.Net.Client");

    public static Activity? Start(IMethod method)
    {
        if (!s_source.HasListeners() && Activity.Current is null)
            return null;

        var activity = s_source.CreateActivity(Name, ActivityKind.Client) ?? new Activity(Name);
        activity.AddTag("grpc.method", method.FullName);
        return activity.Start();
    }

    public static void Stop(Activity? activity, Status status)
    {
        activity?.AddTag("grpc.status_code", ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture));
        activity?.Stop();
    }
}
