using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Pruning;

/// <summary>Makes networks with fewer prototypes; the originals are unchanged.</summary>
internal static class NetworkSurgery
{
    /// <summary>
    /// A copy whose prototypes are the first of each group, with the sum of the group's weights in the last layer. A group of one keeps a
    /// prototype; a prototype in no group is removed; a group of equal prototypes merges them, which leaves every logit unchanged.
    /// </summary>
    /// <exception cref="ArgumentException">A prototype is in two groups, does not exist, or a group is empty.</exception>
    public static ProtoPNetNetwork Regroup(this ProtoPNetNetwork network, IReadOnlyList<IReadOnlyList<int>> groups)
    {
        Check(groups, network.Architecture.Prototypes);
        int[] first = [.. groups.Select(group => group[0])];
        NetworkArchitecture before = network.Architecture;
        NetworkArchitecture architecture = before with { PrototypeClasses = [.. first.Select(j => before.PrototypeClasses[j])] };
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Device device = network.PrototypeVectors.device;
        Dictionary<string, Tensor> weights = StateDict.Of(network).ToDictionary(pair => pair.Name, pair => pair.Tensor.alias());
        weights["prototype_vectors"] = network.PrototypeVectors.index_select(0, tensor(first.Select(j => (long)j).ToArray(), device: device));
        weights["last_layer.weight"] = network.LastLayer.matmul(Membership(groups, before.Prototypes).to(device));

        ProtoPNetNetwork result = new(architecture, initial: null) { BatchNormFrozen = network.BatchNormFrozen };
        result.to(device);
        StateDict.Assign(result, weights.Keys, name => weights[name], "the network itself");
        result.train(network.training);
        foreach ((_, Tensor kept) in StateDict.Of(result)) kept.DetachFromDisposeScope();
        return result;
    }

    /// <summary>A copy without the given prototypes.</summary>
    /// <exception cref="ArgumentException">One does not exist, or none would be left.</exception>
    public static ProtoPNetNetwork Without(this ProtoPNetNetwork network, IReadOnlyCollection<int> prototypes)
        => network.Regroup(GroupsWithout(network.Architecture.Prototypes, prototypes));

    /// <summary>One group for each kept prototype.</summary>
    /// <exception cref="ArgumentException">One does not exist, or none would be left.</exception>
    public static IReadOnlyList<IReadOnlyList<int>> GroupsWithout(int prototypes, IReadOnlyCollection<int> removed)
    {
        foreach (int j in removed)
            if (j < 0 || j >= prototypes)
                throw new ArgumentException($"There is no prototype {j}: they are numbered 0 to {prototypes - 1}.", nameof(removed));
        int[][] groups = [.. Enumerable.Range(0, prototypes).Except(removed).Select(j => new[] { j })];
        return groups.Length > 0 ? groups : throw new ArgumentException("No prototype would be left.", nameof(removed));
    }

    /// <summary>P × groups: 1 where a prototype belongs to the group.</summary>
    private static Tensor Membership(IReadOnlyList<IReadOnlyList<int>> groups, int prototypes)
    {
        float[,] member = new float[prototypes, groups.Count];
        for (int g = 0; g < groups.Count; g++)
            foreach (int j in groups[g]) member[j, g] = 1;
        return tensor(member);
    }

    private static void Check(IReadOnlyList<IReadOnlyList<int>> groups, int prototypes)
    {
        HashSet<int> seen = [];
        foreach (int j in groups.SelectMany(group => group))
            if (j < 0 || j >= prototypes || !seen.Add(j))
                throw new ArgumentException($"Prototype {j} is in two groups, or not among 0 to {prototypes - 1}.", nameof(groups));
        if (groups.Count == 0 || groups.Any(group => group.Count == 0))
            throw new ArgumentException("A group is empty, or there is none.", nameof(groups));
    }
}
