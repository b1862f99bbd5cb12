using ProtoPNet.MLNet.Editing;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Pruning;

namespace ProtoPNet.Serve;

/// <summary>The state of the workbench in numbers, as <c>/edits</c> tells it.</summary>
internal sealed record EffectJson(
    string State, string? Message, IReadOnlyList<string> Edits, IReadOnlyList<string> Undone, EffectJson.Size? Before, EffectJson.Size? After,
    IReadOnlyList<EffectJson.OfSet> Sets, IReadOnlyList<EffectJson.Kept> Prototypes)
{
    public static EffectJson Of(WorkbenchState state) => state switch
    {
        WorkbenchState.Ready ready => Of(ready, ready.History.Start, ready.History.Current),
        WorkbenchState.Measuring measuring => Empty(state, $"{measuring.What}: {measuring.Done} of {measuring.All}"),
        WorkbenchState.Failed failed => Empty(state, failed.Reason),
        _ => Empty(state, "Edits need the training photographs: start the server with --dataset and --data."),
    };

    private static EffectJson Of(WorkbenchState.Ready state, EditedModel before, EditedModel after) => new(
        state.Name, null, [.. after.Edits.Select(edit => $"{edit}")], [.. state.History.Undone.Select(undone => $"{undone.Edits[^1]}")],
        Of(before), Of(after), [.. EditEffect.Of(before, after).Select(effect => Of(effect, before.Head.ClassNames))],
        [.. after.Head.Prototypes.Select((prototype, place) => new Kept(
            prototype.Index, prototype.Name, prototype.Words, after.Head.Weights[prototype.ClassIndex, place]))]);

    private static EffectJson Empty(WorkbenchState state, string message) => new(state.Name, message, [], [], null, null, [], []);

    private static Size Of(EditedModel model) => new(model.Head.Prototypes.Count, model.Used, model.Connections);

    private static OfSet Of(EditEffect effect, IReadOnlyList<string> classes)
    {
        IReadOnlyList<double?> before = effect.Before.OfClasses(classes.Count), after = effect.After.OfClasses(classes.Count);
        return new(
            effect.Before.Set.Name, effect.Before.Predicted.Count, effect.Before.Accuracy, effect.After.Accuracy, effect.Before.EvidenceSize,
            effect.After.EvidenceSize, [.. classes.Select((name, k) => new OfClass(name, before[k], after[k]))],
            [.. effect.Changed.Select(changed => new Changed(
                changed.ImageId, classes[changed.ClassIndex], classes[changed.Before], classes[changed.After]))]);
    }

    /// <summary>The size of a model.</summary>
    /// <param name="Prototypes">Its prototypes.</param>
    /// <param name="Used">Those with a weight other than 0.</param>
    /// <param name="Connections">Weights other than 0 between a prototype and another class.</param>
    internal sealed record Size(int Prototypes, int Used, int Connections);

    internal sealed record OfSet(
        string Set, int Photographs, double AccuracyBefore, double AccuracyAfter, double EvidenceSizeBefore, double EvidenceSizeAfter,
        IReadOnlyList<OfClass> Classes, IReadOnlyList<Changed> Changed);

    internal sealed record OfClass(string Class, double? AccuracyBefore, double? AccuracyAfter);

    internal sealed record Changed(string ImageId, string Class, string Before, string After);

    internal sealed record Kept(int Index, string Name, string? Words, float Weight);
}
