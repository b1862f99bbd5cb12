using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Runs the phases of the last layer: the convex problem, or the published passes of Adam.</summary>
internal static class LastLayerTrainer
{
    /// <summary>Collects the similarities of every view, solves, and sets the last layer.</summary>
    public static L1Chosen Solve(TrainingSession session, LastLayer phase, PhaseProgress progress)
    {
        session.Evaluating();
        ProtoPNetNetwork network = session.Network;
        LabelledViews views = Similarities(session, session.Images.Training, phase.Views, session.Epochs, progress);
        var problem = new LastLayerProblem(views.Similarities, views.Labels, network.Architecture.PrototypeClasses, network.Architecture.Classes)
        {
            Ridge = phase.Ridge,
            SampleWeights = views.Weights,
        };
        ValidationSet? validation = null;
        if (session.Unseen.Length > 0)
        {
            LabelledViews heldOut = Similarities(session, session.Unseen, 1, session.Epochs, progress);
            validation = new(heldOut.Similarities, heldOut.Labels);
        }
        L1Choice choice = phase.Choice is { } chosen && (validation is not null || !chosen.NeedsValidation) ? chosen : new L1Choice.Fixed(phase.L1);
        var options = new LastLayerOptions { RelativeGap = phase.RelativeGap };
        L1Chosen result = choice.Solve(problem, validation, options, session.Settings.Cancellation);
        bool mayJoin = session.Images.Fittable.Length > session.Images.Training.Length;
        if (mayJoin && choice.NeedsValidation && session.ChoosesForTheLastTime) result = Refitted(session, phase, problem, result, options, progress);
        session.Epochs += 2; // Views of two epochs at most have been looked at.
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        session.Penalties = new(result.L1, phase.Ridge);
        network.LastLayer.copy_(tensor(result.Solution.Weights.ToRowMajorArray()).reshape(network.LastLayer.shape));
        return result;
    }

    /// <summary>Once the last choice is made, images that were held out of the training data help to solve for it.</summary>
    private static L1Chosen Refitted(
        TrainingSession session, LastLayer phase, LastLayerProblem problem, L1Chosen chosen, LastLayerOptions options, PhaseProgress progress)
    {
        LabelledViews views = Similarities(session, session.Images.Fittable, phase.Views, session.Epochs + 1, progress);
        LastLayerProblem all = problem with
        {
            Similarities = views.Similarities,
            Labels = views.Labels,
            SampleWeights = views.Weights,
            L1 = chosen.L1,
        };
        return chosen with { Solution = LastLayerSolver.Solve(all, options with { Start = chosen.Solution.Weights }, session.Settings.Cancellation) };
    }

    /// <summary>The published stage: Adam on the last layer alone, over augmented views.</summary>
    public static void Step(TrainingSession session, SteppedLastLayer phase, PhaseProgress progress)
    {
        ProtoPNetNetwork network = session.Network;
        NetworkArchitecture architecture = network.Architecture;
        using var loss = new ProtoPNetLoss(session.Settings.Schedule.Loss, architecture.PrototypeClasses, architecture.Classes,
            architecture.PrototypeDepth * architecture.PrototypeHeight * architecture.PrototypeWidth, session.Settings.Device)
        {
            ImageWeights = session.Images.RelativeWeights(),
        };
        foreach (Parameter p in network.parameters()) p.requires_grad = false;
        network.LastLayer.requires_grad = true;
        RenderedBatches source = session.Augmented(phase.Views, phase.BatchSize);
        new SteppedEpochs(session, progress, phase.Epochs)
            .Run(source, Begin, Learn, metrics => metrics with { Rates = new(null, null, null, phase.Rate) });
        session.Penalties = null;
        session.Evaluating();

        void Begin()
        {
            session.BackboneMoves();
            network.Train(follow: session.Settings.Schedule.BatchNorm == BatchNormMode.Drift);
        }

        Tensor Learn(TrainingBatch batch, double done)
            => GradientTrainer.Step(network, batch, 0, 0, network.NearestOf, loss, session.Optimisers.For(phase));
    }

    /// <summary>Similarities of the images themselves and of V − 1 augmented views of each.</summary>
    private static LabelledViews Similarities(
        TrainingSession session, int[] images, int views, int epoch, PhaseProgress progress)
    {
        int rows = images.Length * views;
        var collector = new SimilarityCollector(rows, session.Network.Architecture.Prototypes);
        var labels = new int[rows];
        var weights = new double[rows];
        Evaluation.ForEachBatch(session, session.Whole(images), 0, Append);
        if (views > 1)
        {
            RenderedBatches augmented = session.Views(images, views - 1, TrainingSession.EvaluationBatch, session.Settings.Schedule.Augmentation);
            Evaluation.ForEachBatch(session, augmented, epoch, Append);
        }
        return new(collector.Similarities, labels, weights);

        void Append(Tensor nearest, TrainingBatch batch)
        {
            for (int i = 0; i < batch.Images.Length; i++)
            {
                TrainingImage image = session.Images[batch.Images.Span[i]];
                (labels[collector.Count + i], weights[collector.Count + i]) = (image.Label, image.Weight);
            }
            using Tensor similarities = session.Network.Similarity(nearest).cpu().contiguous();
            collector.Add(similarities.data<float>().ToArray());
            progress.Advanced(0, 1, collector.Count, rows);
        }
    }

    /// <summary>N·V views: their similarities (N·V × P), and the class and the weight of each one's image.</summary>
    private sealed record LabelledViews(Matrix<float> Similarities, int[] Labels, double[] Weights);
}
