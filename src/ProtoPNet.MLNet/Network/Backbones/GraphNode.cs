namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>One operation of a graph.</summary>
/// <param name="Name">The unique name, a module path under which its tensors are listed.</param>
/// <param name="Operation">The operation.</param>
/// <param name="Inputs">The names of the tensors that it reads.</param>
/// <param name="Output">The unique name of the tensor that it produces.</param>
internal sealed record GraphNode(string Name, Operation Operation, IReadOnlyList<string> Inputs, string Output)
{
    public override string ToString() => $"{Output} = {Operation}({string.Join(", ", Inputs)})";
}
