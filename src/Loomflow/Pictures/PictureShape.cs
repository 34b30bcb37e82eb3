namespace Loomflow;

/// <summary>What a box stands for.</summary>
internal enum PictureShape
{
    Start,
    End,
    Function,
    Agent,
    Workflow,
    Wait,
}
