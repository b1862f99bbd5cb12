using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network;

/// <summary>A network's tensors by name: loads them strictly, and lists them in PyTorch's order.</summary>
internal static class StateDict
{
    /// <summary>A counter that PyTorch stores with batch norms and that nothing uses.</summary>
    private const string Counter = "num_batches_tracked";

    /// <summary>All tensors of a module as PyTorch lists them: parameters, buffers, then the children's.</summary>
    public static IEnumerable<(string Name, Tensor Tensor)> Of(nn.Module module, string prefix = "")
        => module.named_parameters(recurse: false).Select(pair => (prefix + pair.name, (Tensor)pair.parameter))
            .Concat(module.named_buffers(recurse: false).Select(pair => (prefix + pair.name, pair.buffer)))
            .Concat(module.named_children().SelectMany(child => Of(child.module, $"{prefix}{child.name}.")));

    /// <summary>Copies tensors into <paramref name="target"/> by name, converted to its types.</summary>
    /// <param name="target">The module to fill.</param>
    /// <param name="names">The available names.</param>
    /// <param name="load">Loads a tensor, which is disposed of here.</param>
    /// <param name="origin">The source of the tensors for messages, such as a file path.</param>
    /// <param name="allowSurplus">Which names may be surplus; null: none. (Batch norm counters are always allowed.)</param>
    /// <exception cref="StateDictMismatchException">Tensors are missing, surplus or of the wrong shape; nothing was copied.</exception>
    public static void Assign(
        nn.Module target, IEnumerable<string> names, Func<string, Tensor> load, string origin, Func<string, bool>? allowSurplus = null)
    {
        Dictionary<string, Tensor> wanted = Of(target).ToDictionary(pair => pair.Name, pair => pair.Tensor);
        List<string> given = [.. names.Where(name => !IsCounter(name))];
        List<string> missing = [.. wanted.Keys.Except(given)];
        List<string> surplus = [.. given.Where(name => !wanted.ContainsKey(name) && allowSurplus?.Invoke(name) != true)];

        using TorchSharp.DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        List<(Tensor Target, Tensor Source)> copies = [];
        List<string> misshapen = [];
        foreach (string name in given.Where(wanted.ContainsKey))
        {
            Tensor source = load(name);
            copies.Add((wanted[name], source));
            if (!source.shape.SequenceEqual(wanted[name].shape)) misshapen.Add($"{name} ({Shape(source)}, expected {Shape(wanted[name])})");
        }
        if (missing.Count + surplus.Count + misshapen.Count > 0) throw new StateDictMismatchException(origin, missing, surplus, misshapen);
        foreach ((Tensor to, Tensor from) in copies) to.copy_(from);
    }

    private static bool IsCounter(string name) => name.EndsWith(Counter, StringComparison.Ordinal);

    private static string Shape(Tensor tensor) => tensor.shape.Length == 0 ? "a single number" : string.Join('×', tensor.shape);
}
