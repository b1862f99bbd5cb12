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
    public static LastLayerCertificate Solve(TrainingSession session, LastLayer phase, PhaseProgress progress)
    {
        session.Evaluating();
        ProtoPNetNetwork network = session.Network;
        (Matrix<float> similarities, int[] labels) = Similarities(session, phase.Views, progress);
        var problem = new LastLayerProblem(similarities, labels, network.Architecture.PrototypeClasses, network.Architecture.Classes)
        {
            L1 = phase.L1,
            Ridge = phase.Ridge,
        };
        LastLayerSolution solution = LastLayerSolver.Solve(problem, new LastLayerOptions { RelativeGap = phase.RelativeGap }, session.Settings.Cancellation);
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        network.LastLayer.copy_(tensor(solution.Weights.ToRowMajorArray()).reshape(network.LastLayer.shape));
        return solution.Certificate;
    }

    /// <summary>The published stage: Adam on the last layer alone, over augmented views.</summary>
    public static void Step(TrainingSession session, SteppedLastLayer phase, PhaseProgress progress)
    {
        ProtoPNetNetwork network = session.Network;
        NetworkArchitecture architecture = network.Architecture;
        using var loss = new ProtoPNetLoss(session.Settings.Schedule.Loss, architecture.PrototypeClasses, architecture.Classes,
            architecture.PrototypeDepth * architecture.PrototypeHeight * architecture.PrototypeWidth, session.Settings.Device);
        foreach (Parameter p in network.parameters()) p.requires_grad = false;
        network.LastLayer.requires_grad = true;
        RenderedBatches source = session.Augmented(phase.Views, phase.BatchSize);
        session.BackboneMoves();
        for (int epoch = 0; epoch < phase.Epochs; epoch++)
        {
            network.Train(follow: session.Settings.Schedule.BatchNorm == BatchNormMode.Drift);
            int done = 0;
            foreach (TrainingBatch batch in source.Epoch(session.Epochs, session.Settings.Cancellation))
            {
                session.Settings.CheckAlive();
                using var scope = NewDisposeScope();
                GradientTrainer.Step(network, batch, 0, 0, loss, session.Optimisers.For(phase));
                done += batch.Images.Length;
                progress.Advanced(epoch, phase.Epochs, done, source.Count);
            }
            session.Epochs++;
        }
        session.Evaluating();
    }

    /// <summary>Similarities (N·V × P) of the images themselves and of V − 1 augmented views of each, and their labels.</summary>
    private static (Matrix<float> Similarities, int[] Labels) Similarities(TrainingSession session, int views, PhaseProgress progress)
    {
        int[] training = session.Images.Training;
        int prototypes = session.Network.Architecture.Prototypes, rows = training.Length * views;
        Matrix<float> matrix = Matrix<float>.Build.Dense(rows, prototypes);
        float[] columns = matrix.AsColumnMajorArray();
        var labels = new int[rows];
        int row = 0;
        void Append(Tensor nearest, TrainingBatch batch)
        {
            using Tensor similarities = session.Network.Similarity(nearest).cpu().contiguous();
            ReadOnlySpan<float> block = similarities.data<float>().ToArray();
            for (int i = 0; i < batch.Images.Length; i++, row++)
            {
                labels[row] = session.Images[batch.Images.Span[i]].Label;
                for (int p = 0; p < prototypes; p++) columns[p * rows + row] = block[i * prototypes + p];
            }
            progress.Advanced(0, 1, row, rows);
        }
        Evaluation.ForEachBatch(session, session.Whole(training), 0, Append);
        if (views > 1)
        {
            RenderedBatches augmented = session.Views(training, views - 1, TrainingSession.EvaluationBatch, session.Settings.Schedule.Augmentation);
            Evaluation.ForEachBatch(session, augmented, session.Epochs++, Append);
        }
        return (matrix, labels);
    }
}
