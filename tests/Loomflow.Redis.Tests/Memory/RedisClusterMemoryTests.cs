namespace Loomflow.Redis.Tests.Memory;

/// <summary>The suite once more, on a server that refuses what a cluster would refuse.</summary>
public class RedisClusterMemoryTests(MemoryCluster redis) : RedisMemoryConformance(redis), IClassFixture<MemoryCluster>;
