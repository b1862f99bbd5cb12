namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>One operation of a graph.</summary>
/// <param name="Name">Its name, a module's path under which its tensors are listed; unique.</param>
/// <param name="Operation">What it computes.</param>
/// <param name="Inputs">The names of the tensors that it reads.</param>
/// <param name="Output">The name of the tensor that it makes; unique.</param>
internal sealed record GraphNode(string Name, Operation Operation, IReadOnlyList<string> Inputs, string Output)
{
    public override string ToString() => $"{Output} = {Operation}({string.Join(", ", Inputs)})";
}
