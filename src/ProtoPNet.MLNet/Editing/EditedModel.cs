using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Pruning;

namespace ProtoPNet.MLNet.Editing;

/// <summary>A model as it stands after some edits: no network of its own, only what stands on the kept similarities. A value.</summary>
/// <param name="Edits">The edits so far, in order.</param>
/// <param name="Prototypes">What they make of the prototypes.</param>
/// <param name="Head">The prototypes that stay, and their weights; the model's own as long as none left.</param>
/// <param name="Outcomes">How each set of photographs is classified.</param>
internal sealed record EditedModel(
    IReadOnlyList<ModelEdit> Edits, EditedPrototypes Prototypes, PrototypeHead Head, IReadOnlyList<SetOutcome> Outcomes)
{
    /// <summary>The number of weights other than 0 between a prototype and a class that is not its own.</summary>
    public int Connections => Enumerable.Range(0, Head.Prototypes.Count).Sum(p
        => Enumerable.Range(0, Head.ClassNames.Count).Count(k => k != Head.Prototypes[p].ClassIndex && Head.Weights[k, p] != 0));

    /// <summary>The prototypes that count for or against some class; the others leave when the model is saved.</summary>
    public int Used => Enumerable.Range(0, Head.Prototypes.Count).Count(p
        => Enumerable.Range(0, Head.ClassNames.Count).Any(k => Head.Weights[k, p] != 0));
}
