using System.Text.RegularExpressions;

namespace ProtoPNet.MLNet.Weights.PyTorch;

/// <summary>Finds the network in a saved value, and names its tensors as in its state dict.</summary>
internal static partial class TensorTree
{
    private const int Deepest = 64, MostTensors = 100_000, MostModules = 100_000;

    /// <summary>The keys under which training scripts store the network; the first one present is used.</summary>
    private static readonly string[] s_entries = ["state_dict", "model_state_dict", "model_state", "model", "net", "network", "module", "weights"];

    private static readonly string[] s_wrappers = ["module.", "_orig_mod."];

    /// <summary>All tensors of the network, without wrapper prefixes, and with current DenseNet names.</summary>
    public static IReadOnlyList<(string Name, PickleTensor Tensor)> Flatten(object? root, string path)
    {
        var tensors = new List<(string Name, PickleTensor Tensor)>();
        int modules = 0;
        Collect(Network(root, path, 0), "", tensors, path, 0, ref modules);
        if (tensors.Count == 0) throw new WeightsFormatException(path, $"it holds no network: {Describe(root)}.");
        while (s_wrappers.FirstOrDefault(w => tensors.All(t => t.Name.StartsWith(w, StringComparison.Ordinal))) is { } wrapper)
            tensors = [.. tensors.Select(t => (t.Name[wrapper.Length..], t.Tensor))];
        tensors = [.. tensors.Select(t => (DottedDenseLayer().Replace(t.Name, "$1$2"), t.Tensor))];
        return tensors.CountBy(t => t.Name).FirstOrDefault(n => n.Value > 1).Key is { } twice
            ? throw new WeightsFormatException(path, $"it holds two tensors named '{twice}'.")
            : tensors;
    }

    private static object? Network(object? value, string path, int depth)
    {
        if (depth > Deepest) throw TooDeep(path);
        if (value is not PickleDictionary dictionary || dictionary.Items.Any(i => i.Value is PickleTensor)) return value;
        if (s_entries.FirstOrDefault(e => dictionary[e] is PickleDictionary or PickleObject) is { } entry)
            return Network(dictionary[entry], path, depth + 1);
        object?[] candidates = [.. dictionary.Items.Select(i => i.Value).Where(v => v is PickleDictionary or PickleObject)];
        return candidates.Length == 1 ? Network(candidates[0], path, depth + 1) : value;
    }

    private static void Collect(object? value, string prefix, List<(string, PickleTensor)> tensors, string path, int depth, ref int modules)
    {
        if (depth > Deepest) throw TooDeep(path);
        if (++modules > MostModules)
            throw new WeightsFormatException(path, $"it holds more than {MostModules} modules."); // shared modules count each time
        if (value is PickleObject module)
        {
            // The order of a module's own state dict: its parameters, its buffers, then its children.
            HashSet<string> passing = module.Attributes["_non_persistent_buffers_set"] is List<object?> set ? [.. set.OfType<string>()] : [];
            Add(module.Attributes["_parameters"], []);
            Add(module.Attributes["_buffers"], passing);
            if (module.Attributes["_modules"] is not PickleDictionary children) return;
            foreach ((string name, object? child) in children.Items)
            {
                if (child is PickleObject) Collect(child, $"{prefix}{name}.", tensors, path, depth + 1, ref modules);
            }
        }
        else Add(value, []);

        void Add(object? dictionary, HashSet<string> except)
        {
            foreach ((string name, object? item) in (dictionary as PickleDictionary)?.Items ?? [])
            {
                if (item is PickleTensor tensor && !except.Contains(name)) tensors.Add(($"{prefix}{name}", tensor));
                if (tensors.Count > MostTensors) throw new WeightsFormatException(path, $"it holds more than {MostTensors} tensors.");
            }
        }
    }

    private static string Describe(object? root) => root switch
    {
        PickleDictionary dictionary => $"its entries are {string.Join(", ", dictionary.Items.Take(8).Select(i => $"'{i.Key}'"))}",
        PickleObject inert => $"it is an object of the class '{inert.Type}' without parameters",
        PickleTensor => "it is a single tensor without a name",
        List<object?> or PickleTuple => "it is a list",
        _ => "it is a single value",
    };

    private static WeightsFormatException TooDeep(string path) => new(path, $"its modules are nested more than {Deepest} deep.");

    [GeneratedRegex(@"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\.(?:weight|bias|running_mean|running_var|num_batches_tracked))$")]
    private static partial Regex DottedDenseLayer();
}
