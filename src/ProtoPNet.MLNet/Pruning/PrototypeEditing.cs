using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Pruning;

/// <summary>
/// Makes models with fewer prototypes; the originals are unchanged. Prototypes keep their names (<c>Cardinal #3</c> stays #3), not their indices. The
/// last layer is not solved again here.
/// </summary>
internal static class PrototypeEditing
{
    /// <summary>A copy without the prototypes of the given indices.</summary>
    /// <exception cref="ArgumentException">One does not exist, or none would be left.</exception>
    public static TrainedProtoPNet Without(this TrainedProtoPNet model, IReadOnlyCollection<int> prototypes)
        => model.Regroup(NetworkSurgery.GroupsWithout(model.Prototypes.Count, prototypes));

    /// <summary>A copy whose prototypes carry what was measured of them.</summary>
    /// <exception cref="ArgumentException">The prototypes measured are those of another model.</exception>
    public static TrainedProtoPNet WithTrust(this TrainedProtoPNet model, InterpretabilityReport measured)
    {
        if (!measured.Prototypes.Select(one => one.Prototype.Name).SequenceEqual(model.Prototypes.Select(one => one.Name)))
            throw new ArgumentException("These measures are of the prototypes of another model.");
        ProtoPNetNetwork network = model.Network.Regroup(NetworkSurgery.GroupsWithout(model.Prototypes.Count, []));
        return new(
            network, model.ClassNames, [.. model.Prototypes.Zip(measured.Prototypes, (one, found) => one with { Trust = found.Trust })], model.Device)
        {
            Penalties = model.Penalties,
            Revisions = model.Revisions,
            UsualFamiliarity = model.UsualFamiliarity,
        };
    }

    /// <summary>Takes over the network of a model that nobody else has yet: the same model with other words and one more revision.</summary>
    /// <param name="model">The model; not to be used any more.</param>
    /// <param name="prototypes">Its prototypes with the words that they have now; indices are of no account.</param>
    /// <param name="revision">The revision that it comes from.</param>
    public static TrainedProtoPNet Revised(this TrainedProtoPNet model, IReadOnlyList<Prototype> prototypes, ModelRevision revision)
        => new(model.Network, model.ClassNames, [.. prototypes.Select((one, index) => one with { Index = index })], model.Device)
        {
            Penalties = model.Penalties,
            Revisions = [.. model.Revisions, revision],
            UsualFamiliarity = model.UsualFamiliarity,
        };

    /// <summary>Reduces each group to its first prototype; a prototype in no group is removed.</summary>
    /// <param name="model">The model.</param>
    /// <param name="groups">Prototype indices.</param>
    /// <param name="lastLayer">
    /// The last layer solved for the groups, which is then divided by the model's temperature; null for the sums of the groups' weights.
    /// </param>
    public static TrainedProtoPNet Regroup(this TrainedProtoPNet model, IReadOnlyList<IReadOnlyList<int>> groups, L1Chosen? lastLayer = null)
    {
        ProtoPNetNetwork network = model.Network.Regroup(groups);
        try
        {
            double temperature = model.Penalties?.Temperature ?? 1;
            if (lastLayer is not null) Copy(lastLayer, temperature, network.LastLayer);
            return new(network, model.ClassNames, [.. groups.Select((group, index) => model.Prototypes[group[0]] with { Index = index })], model.Device)
            {
                Penalties = lastLayer is null ? model.Penalties : new(lastLayer.L1, lastLayer.OwnClass, temperature),
                Revisions = model.Revisions,
                UsualFamiliarity = model.UsualFamiliarity,
            };
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    private static void Copy(L1Chosen solved, double temperature, Tensor lastLayer)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        lastLayer.copy_(tensor((solved.Solution.Weights / (float)temperature).ToRowMajorArray()).reshape(lastLayer.shape));
    }

    /// <summary>The prototypes that the rule removes, given the training images.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="analysis">An analysis of the training images with at least as many neighbours as the rule considers.</param>
    /// <exception cref="ArgumentException">The analysis has too few neighbours, or images of unknown class.</exception>
    public static IReadOnlyList<int> Removed(this PruningRule rule, GlobalAnalysis analysis)
        => rule.RemovedSparingClasses(rule.NearestClasses(analysis), Classes(analysis));

    /// <summary>The same, including those kept only because their class would have none left.</summary>
    /// <inheritdoc cref="Removed"/>
    public static IReadOnlyList<int> Condemned(this PruningRule rule, GlobalAnalysis analysis)
        => rule.Removed(rule.NearestClasses(analysis), Classes(analysis));

    private static int[] Classes(GlobalAnalysis analysis) => [.. analysis.Prototypes.Select(found => found.Prototype.ClassIndex)];

    private static int[][] NearestClasses(this PruningRule rule, GlobalAnalysis analysis)
        => [.. analysis.Prototypes.Select(found => NearestClasses(found, Math.Min(rule.Nearest, analysis.Images)))];

    private static int[] NearestClasses(PrototypeNeighbours found, int wanted)
    {
        if (found.Neighbours.Count < wanted)
            throw new ArgumentException($"Pruning needs the {wanted} nearest images; the analysis kept {found.Neighbours.Count}.");
        return [.. found.Neighbours.Take(wanted).Select(near
            => near.ClassIndex ?? throw new ArgumentException($"Pruning needs the class of every image; that of '{near.ImageId}' is unknown."))];
    }
}
