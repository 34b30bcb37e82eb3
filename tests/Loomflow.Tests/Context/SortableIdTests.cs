using System.Globalization;

namespace Loomflow.Tests.Context;

public class SortableIdTests
{
    [Fact]
    public void New_ManyAtOnce_SortInTheOrderOfTheirMaking()
    {
        var ids = Enumerable.Range(0, 20_000).Select(_ => RunIdentity.NewRunId()).ToArray();

        ids.ShouldBe(ids.Order(StringComparer.Ordinal));
        ids.Distinct().Count().ShouldBe(ids.Length);
    }

    [Fact]
    public void New_IsAVersion7Uuid()
    {
        var id = Guid.ParseExact(RunIdentity.NewRunId()["run_".Length..], "N");

        id.Version.ShouldBe(7);
        var milliseconds = long.Parse(id.ToString("N").AsSpan(0, 12), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5));
    }
}
