namespace Loomflow;

/// <summary>A <see cref="ActAttribute"/> whose answer must be JSON of a <typeparamref name="TResult"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ActAttribute<TResult> : ActAttribute
{
    /// <summary>Marks a step that is named as its method.</summary>
    public ActAttribute()
    {
        JsonOutput = true;
        ReturnType = typeof(TResult);
    }

    /// <summary>Marks a step.</summary>
    /// <param name="name">The step's name: letters, digits and <c>_</c>.</param>
    public ActAttribute(string name) : base(name)
    {
        JsonOutput = true;
        ReturnType = typeof(TResult);
    }
}
