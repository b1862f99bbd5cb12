using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>Registers modules under paths such as <c>layer1.0.conv1</c>, as PyTorch nests them.</summary>
internal static class ModuleTree
{
    public static void Register(nn.Module root, string path, nn.Module module)
    {
        string[] parts = path.Split('.');
        nn.Module parent = root;
        foreach (string part in parts[..^1])
        {
            if (parent.named_children().FirstOrDefault(c => c.name == part).module is not { } child)
                parent.register_module(part, child = new Branch());
            parent = child;
        }
        parent.register_module(parts[^1], module);
    }

    private sealed class Branch() : nn.Module(nameof(Branch));
}
