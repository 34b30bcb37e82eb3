using System.Reflection;
using BenchmarkDotNet.Running;
using Loomflow.Benchmarks.Audit;
using Loomflow.Benchmarks.Limits;

// Whole workloads have a runner of their own: `-- audit append latency grpc query=10`.
if (args is ["audit", .. var names]) await AuditMeasurements.RunAsync(names);
else if (args is ["limits"]) await EngineLimits.RunAsync();
else BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args);
