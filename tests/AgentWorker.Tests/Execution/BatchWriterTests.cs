using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Tests.Execution;

public sealed class BatchWriterTests
{
    private readonly BatchWriter<Report> _writer = new();
    private readonly List<ExecuteReply> _written = [];

    private Task WriteAsync() => _writer.RunAsync(batch =>
    {
        var reply = new ExecuteReply();
        reply.Reports.AddRange(batch);
        _written.Add(reply);
        return Task.CompletedTask;
    });

    [Fact]
    public async Task ManySmallThings_GoTogetherInMessagesThatTheOtherSideTakes()
    {
        _writer.KeepTo(1024);
        for (var i = 1; i <= 1000; i++) _writer.Add(new Report { Execution = i, Alive = new Alive() });
        _writer.Complete();

        await WriteAsync();

        _written.SelectMany(reply => reply.Reports).Select(report => report.Execution).ShouldBe(Enumerable.Range(1, 1000).Select(i => (long)i));
        _written.ShouldAllBe(reply => reply.CalculateSize() <= 1024);
        _written.Count.ShouldBeLessThan(100);
    }

    [Fact]
    public async Task TheLargestThing_HasAMessageOfItsOwnThatTheOtherSideTakes()
    {
        _writer.KeepTo(200_000);
        var large = new Report { Delta = new TextPiece { Text = new string('x', 190_000) } };
        large.Delta.Text += new string('x', _writer.MaxItemBytes - large.CalculateSize());
        _writer.Add(new Report { Alive = new Alive() });
        _writer.Add(large);
        _writer.Add(new Report { Alive = new Alive() });
        _writer.Complete();

        await WriteAsync();

        large.CalculateSize().ShouldBe(_writer.MaxItemBytes);
        _written.Select(reply => reply.Reports.Count).ShouldBe([1, 1, 1]);
        _written.ShouldAllBe(reply => reply.CalculateSize() <= 200_000);
    }
}
