namespace Loomflow;

/// <summary>The answer to a request for a part of a user's budget.</summary>
/// <param name="Id">Names the reservation when it is settled.</param>
/// <param name="Partition">Whose budget.</param>
/// <param name="Reserved">What was asked for.</param>
/// <param name="Window">The budget's window.</param>
/// <param name="WindowStart">When the window that it counts in began.</param>
/// <param name="Spent">What the user has spent and reserved in the window, this reservation included where it was granted.</param>
/// <param name="ExceededLimit">The limit that stood against it, by the name of its property of <see cref="UserBudget"/>; <see langword="null"/> where it was granted.</param>
public sealed record BudgetReservation(
    string Id,
    PartitionKey Partition,
    BudgetAmount Reserved,
    TimeSpan Window,
    DateTimeOffset WindowStart,
    BudgetAmount Spent,
    string? ExceededLimit)
{
    /// <summary>Whether the call may be made. One that was refused has reserved nothing and is not settled.</summary>
    public bool Granted => ExceededLimit is null;
}
