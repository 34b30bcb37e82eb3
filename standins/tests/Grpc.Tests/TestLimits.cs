namespace Grpc.Tests;

/// <summary>How long a test may wait for something: long enough for any machine, and not forever.</summary>
internal static class TestLimits
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>Of the running test, and cancelled after a minute too.</summary>
    public static CancellationToken Token
    {
        get
        {
            var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(s_patience);
            return limit.Token;
        }
    }
}
