using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Fits the last layer to the similarities of all training views (paper, section 2.2, stage 3).</summary>
internal sealed class LastLayerPass(TrainingContext context, TrainingState state, Evaluation evaluation, PhaseProgress progress)
{
    /// <summary>
    /// Collects similarities, fits, and sets the last layer; where images are held out and nothing is learned afterwards, its weights are divided by the
    /// temperature. Says which prototypes it does not use.
    /// </summary>
    public (L1Chosen Chosen, UnusedPrototypes Unused) Run(LastLayerFit phase)
    {
        ProtoPNetNetwork network = state.Network;
        LabelledSimilarities learned = Similarities(context.Images.Training, phase.Views);
        LastLayerProblem problem = learned.Problem(network.Architecture.PrototypeClasses, network.Architecture.Classes) with
        {
            OwnClass = phase.OwnClass,
        };
        HeldOutImages? heldOut = HeldOut(phase);
        L1Choice choice = phase.Choice is { } wanted && (heldOut is not null || !wanted.NeedsValidation) ? wanted : new L1Choice.Fixed(phase.L1);
        PenaltyChoices choices = new(choice, heldOut is null ? null : phase.OwnClassChoice);
        L1Chosen chosen = LastLayerFitter.Fit(problem, choices, heldOut, new() { RelativeGap = phase.RelativeGap }, context.Cancellation);

        double temperature = heldOut is not null && context.Schedule.LastFit == state.Ended.Count ? TemperatureOf(chosen, heldOut.Images) : 1;
        state.Penalties = new(chosen.L1, chosen.OwnClass, temperature);
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        network.LastLayer.copy_(
            tensor((chosen.Solution.Weights / (float)temperature).ToRowMajorArray()).reshape(network.LastLayer.shape));
        return (chosen, UnusedPrototypes.Of(problem, chosen.Solution.Weights));
    }

    /// <summary>The temperature at which the weights chosen without the held-out images fit these best; 1 if these are too few to tell.</summary>
    private static double TemperatureOf(L1Chosen chosen, ValidationSet heldOut)
        => Temperature.OfHeldOut(heldOut.Similarities.TransposeAndMultiply(chosen.Point.Solution.Weights), heldOut.Labels);

    private HeldOutImages? HeldOut(LastLayerFit phase)
    {
        (TrainingImages images, int place) = (context.Images, state.Ended.Count);
        int[] unseen = context.Unseen(place);
        if (unseen.Length == 0) return null;
        LabelledSimilarities seen = Similarities(unseen, 1);
        bool mayJoin = images.Fittable.Length > images.Training.Length && context.ChoosesForTheLastTime(place);
        return new(new(seen.Similarities, seen.Labels), mayJoin ? () => Similarities(images.Fittable, phase.Views) : null);
    }

    /// <summary>Similarities (N·V × P) of each image and V − 1 augmented views of it.</summary>
    private LabelledSimilarities Similarities(int[] images, int count)
    {
        var rows = new LabelledRows(context.Images, images.Length * count, state.Network.Architecture.Prototypes);
        evaluation.ForEachBatch(evaluation.Whole(images), 0, Append);
        if (count > 1) evaluation.ForEachBatch(evaluation.Views(images, count - 1, RenderedBatches.InOrderBatch), 0, Append);
        return rows.All;

        void Append(Tensor nearest, TrainingBatch batch)
        {
            rows.Add(batch, state.Network.Similarity(nearest));
            progress.Advanced(0, 1, rows.Progress.Done, rows.Progress.All);
        }
    }
}
