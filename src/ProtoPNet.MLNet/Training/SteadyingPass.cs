using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// Trains the backbone before there are prototypes: it learns to give a view with noise the features that it gave the view without and, if the schedule
/// has a pooled cost, to tell the classes apart. It runs as a whole: a run that is stopped within it repeats it.
/// </summary>
internal sealed class SteadyingPass(TrainingContext context, TrainingState state, TrainingViews views, Evaluation evaluation, PhaseProgress progress)
{
    /// <summary>One view in so many stays without noise, so that the features of clean views stay where they are.</summary>
    private const int CleanEvery = 5;

    /// <summary>Trains; returns how far features with noise were from those without in the first epoch and in the last.</summary>
    public SteadyingReport Run(Steadying phase)
    {
        ProtoPNetNetwork network = state.Network;
        RenderedBatches source = views.Of(
            new(context.Images.Training, phase.Views, phase.BatchSize, context.Schedule.Augmentation with { Noise = 0 }));
        using InferenceFeatures teacher = new(network);
        using Adam adam = new(network.Features.parameters());
        using ProtoPNetLoss loss = ProtoPNetLoss.For(network.Architecture, context.Schedule.Loss, context);
        using PooledHead? head = loss.HasPooled ? new(network) : null;
        var learned = new Learned(network, adam, head, loss);
        evaluation.BackboneMoves();
        network.Train(follow: false, context.StepType);
        foreach (Parameter p in network.parameters()) p.requires_grad = false;
        foreach (Parameter p in network.Features.parameters()) p.requires_grad = true;

        var epochs = new List<double>();
        long all = Math.Min((long)phase.Epochs * source.Count, phase.MostViews), before = 0;
        for (int epoch = 0; before < all; epoch++)
        {
            double sum = 0;
            int done = 0;
            foreach (TrainingBatch batch in source.Epoch(state.Epochs, context.Cancellation))
            {
                context.CheckAlive();
                double decay = new RateDecay.Cosine().Factor((double)(before + done) / all, epoch);
                ulong seed = ViewSeed.Of(context.Seed, state.Epochs, -3, done);
                adam.With((phase.BackboneRate * decay, 0));
                head?.Adam.With((phase.ClassifierRate * decay, 0));
                sum += Step(learned, teacher, batch, (phase.Noise, seed)) * batch.Images.Length;
                done += batch.Images.Length;
                progress.Advanced(0, 1, (int)Math.Min(before + done, all), (int)all);
                if (before + done >= all) break;
            }
            if (!double.IsFinite(sum))
                throw new InvalidOperationException(
                    $"The loss of epoch {epoch + 1} of phase '{phase.Name}' is no longer a finite number. Lower {nameof(Steadying.BackboneRate)}.");
            epochs.Add(sum / done);
            before += done;
            state.Epochs++;
        }
        foreach (Parameter p in network.parameters()) p.grad = null;
        network.eval();
        return epochs.Count == 0 ? new(0, 0) : new(epochs[0], epochs[^1]);
    }

    /// <summary>One Adam step; returns how far the features with noise were from those without.</summary>
    private static float Step(Learned learned, InferenceFeatures teacher, TrainingBatch batch, (double Deviation, ulong Seed) noise)
    {
        (ProtoPNetNetwork network, Adam adam, PooledHead? head, ProtoPNetLoss loss) = learned;
        using DisposeScope scope = NewDisposeScope();
        try
        {
            adam.ZeroGradients();
            Tensor target = teacher.Of(batch.Inputs);                                                              // N × C × H × W
            Tensor features = network.Features.call(WithNoise(batch.Inputs, network.Architecture.Backbone.Normalisation, noise))
                .to(ScalarType.Float32);
            Tensor moved = (features - target).Squared().sum(1).mean().div(target.Squared().sum(1).mean());        // of the features' mean square
            Tensor turned = nn.functional.cosine_similarity(features, target, dim: 1).mean().neg().Plus(1.0);
            Tensor distance = moved.Plus(turned);
            if (head is null) distance.backward();
            else
            {
                (Tensor mean, Tensor gradient) = head.Learn(features, logits => loss.Pooled(logits, batch));
                autograd.backward([distance, mean], [ones_like(distance), gradient]);
            }
            adam.Step();
            return distance.item<float>();
        }
        catch (Exception e) when (OutOfMemory.Is(e))
        {
            throw OutOfMemory.Explained(e, batch.Images.Length, network);
        }
    }

    private static Tensor WithNoise(Tensor inputs, InputNormalisation normalisation, (double Deviation, ulong Seed) noise)
    {
        var random = new DeterministicRandom(noise.Seed);
        ulong[] seeds = [.. Enumerable.Range(0, (int)inputs.shape[0]).Select(_ => random.NextUInt64())];
        return NoisyInputs.Of(inputs, normalisation, i => i % CleanEvery == 0 ? null : new(seeds[i], noise.Deviation));
    }

    /// <summary>What learns: the backbone of a network and, if there is a pooled cost, its classifier.</summary>
    private sealed record Learned(ProtoPNetNetwork Network, Adam Adam, PooledHead? Head, ProtoPNetLoss Loss);
}
