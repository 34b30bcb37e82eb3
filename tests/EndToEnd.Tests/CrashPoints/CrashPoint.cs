namespace Loomflow.Aspire.EndToEnd.Tests.CrashPoints;

/// <summary>A place at which a process can stop.</summary>
/// <param name="Write">The write, from 1.</param>
/// <param name="CarriedOut">Whether Redis has carried it out.</param>
internal readonly record struct CrashPoint(int Write, bool CarriedOut)
{
    public override string ToString() => $"{(CarriedOut ? "after" : "before")} write {Write}";
}
