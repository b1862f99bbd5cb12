using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Pruning;

/// <summary>Which prototypes are kept, which are removed, and why.</summary>
/// <param name="Groups">Old indices: each group becomes one prototype, its first.</param>
/// <param name="Pruned">The prototypes to remove.</param>
/// <param name="Spared">Prototypes that the rule would remove, kept because their class would have none left.</param>
internal sealed record PruningPlan(IReadOnlyList<IReadOnlyList<int>> Groups, IReadOnlyList<PrunedPrototype> Pruned, IReadOnlyList<Prototype> Spared)
{
    /// <summary>The edits that the plan carries out; null if it does not come from a person's edits.</summary>
    public PlannedRevision? Revision { get; init; }

    /// <summary>The purity of each prototype; null if it was not measured.</summary>
    private Func<int, double?> Purity { get; init; } = static _ => null;

    /// <summary>The old indices of the kept prototypes.</summary>
    public IReadOnlyList<int> Kept { get; } = [.. Groups.Select(group => group[0])];

    /// <summary>Whether any prototype is removed rather than merged: logits then change.</summary>
    public bool Removes => Pruned.Any(gone => gone.Reason is not PruningReason.SameAs);

    /// <param name="model">The model.</param>
    /// <param name="options">Which prototypes to remove.</param>
    /// <param name="analysis">The analysis of the training photographs; null if there are none.</param>
    /// <exception cref="ArgumentException">There is no such prototype, or a class would have none left.</exception>
    public static PruningPlan Of(TrainedProtoPNet model, PruningOptions options, GlobalAnalysis? analysis)
    {
        Dictionary<int, PruningReason> reasons = [];
        List<Prototype> spared = [];
        if (options.Rule is { } rule && analysis is not null)
        {
            HashSet<int> removed = [.. rule.Removed(analysis)];
            foreach (int j in rule.Condemned(analysis))
                if (removed.Contains(j)) reasons[j] = Few(analysis.Prototypes[j], rule);
                else spared.Add(model.Prototypes[j]);
        }
        foreach (int j in options.Remove)
            reasons[j] = j >= 0 && j < model.Prototypes.Count ? new PruningReason.Chosen()
                : throw new ArgumentException($"There is no prototype {j}: they are numbered 0 to {model.Prototypes.Count - 1}.");
        CheckClasses(model, reasons);

        IEnumerable<IReadOnlyList<int>> all = options.MergeDuplicates ? model.EqualWithinClasses() : model.Prototypes.Select(p => new[] { p.Index });
        int[][] groups = [.. all.Select(group => group.Where(j => !reasons.ContainsKey(j)).ToArray()).Where(group => group.Length > 0)];
        foreach (int[] group in groups)
            foreach (int j in group.Skip(1)) reasons[j] = new PruningReason.SameAs(model.Prototypes[group[0]]);
        return new(groups,
            [.. reasons.OrderBy(gone => gone.Key)
                .Select(gone => new PrunedPrototype(model.Prototypes[gone.Key], gone.Value, analysis?.Prototypes[gone.Key].Purity))],
            [.. spared.Where(prototype => !reasons.ContainsKey(prototype.Index))])
        {
            Purity = j => analysis?.Prototypes[j].Purity,
        };
    }

    /// <summary>The plan that carries out edits.</summary>
    /// <exception cref="ArgumentException">An edit does not fit the model; the message says which and why.</exception>
    public static PruningPlan Of(TrainedProtoPNet model, ModelRevision revision)
    {
        EditedPrototypes edited = EditedPrototypes.Of(model, revision.Edits);
        PrunedPrototype[] pruned =
            [.. edited.Gone.OrderBy(gone => gone.Key).Select(gone => new PrunedPrototype(model.Prototypes[gone.Key], gone.Value, null))];
        return new(edited.Groups, pruned, [])
        {
            Revision = new(revision, edited),
        };
    }

    /// <summary>The same without some of the kept prototypes.</summary>
    /// <param name="unused">Places in <see cref="Kept"/>.</param>
    /// <param name="model">The model.</param>
    public PruningPlan WithoutUnused(IReadOnlyList<int> unused, TrainedProtoPNet model) => new(
        [.. Groups.Where((_, place) => !unused.Contains(place))],
        [.. Pruned.Concat(unused.Select(place => Kept[place])
            .Select(j => new PrunedPrototype(model.Prototypes[j], new PruningReason.Unused(), Purity(j))))
            .OrderBy(gone => gone.Prototype.Index)],
        Spared)
    {
        Revision = Revision,
        Purity = Purity,
    };

    private static PruningReason.TooFewOfItsClass Few(PrototypeNeighbours found, PruningRule rule)
    {
        Neighbour[] nearest = [.. found.Neighbours.Take(rule.Nearest)];
        return new(nearest.Count(near => near.ClassIndex == found.Prototype.ClassIndex), nearest.Length);
    }

    private static void CheckClasses(TrainedProtoPNet model, Dictionary<int, PruningReason> gone)
    {
        string[] emptied = [.. model.Prototypes.GroupBy(prototype => prototype.ClassName)
            .Where(members => members.All(prototype => gone.ContainsKey(prototype.Index))).Select(members => $"'{members.Key}'")];
        if (emptied.Length > 0)
            throw new ArgumentException($"{string.Join(", ", emptied)} would be left without prototypes. Keep at least one of every class.");
    }
}

/// <summary>Edits, and what they make of a model's prototypes.</summary>
internal sealed record PlannedRevision(ModelRevision Revision, EditedPrototypes Prototypes);
