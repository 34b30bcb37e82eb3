namespace Loomflow;

/// <summary>A <see cref="SynthesizeAttribute"/> whose answer must be JSON of a <typeparamref name="TResult"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SynthesizeAttribute<TResult> : SynthesizeAttribute
{
    /// <summary>Marks a step that is named as its method.</summary>
    public SynthesizeAttribute()
    {
        JsonOutput = true;
        ReturnType = typeof(TResult);
    }

    /// <summary>Marks a step.</summary>
    /// <param name="name">The step's name: letters, digits and <c>_</c>.</param>
    public SynthesizeAttribute(string name) : base(name)
    {
        JsonOutput = true;
        ReturnType = typeof(TResult);
    }
}
