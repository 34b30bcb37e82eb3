using Loomflow.Testing;

[assembly: AssemblyFixture(typeof(RedisFixture))]
