using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>How steady prototypes are: how often noise leaves the nearest patch of a prototype where it is.</summary>
internal sealed class PlaceSteadiness(TrainingContext context, TrainingState state, TrainingViews views, Evaluation evaluation)
{
    /// <summary>The noise of copies is seeded like that of an epoch before those of shared views.</summary>
    private const int NoiseEpoch = -2;

    /// <summary>
    /// The share of the copies with noise of a class's training images in which a prototype's nearest patch lies in the same place as without noise, for
    /// each prototype (P).
    /// </summary>
    /// <param name="phase">The noise, and how many copies.</param>
    /// <param name="progress">Receives the number of images done.</param>
    public double[] Of(SteadinessPruning phase, Action<int> progress)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        NetworkArchitecture architecture = state.Network.Architecture;
        Tensor classes = tensor(architecture.PrototypeClasses.Select(k => (long)k).ToArray(), device: state.Network.PrototypeVectors.device);
        (var stayed, var copies, int done) = (new long[architecture.Prototypes], new long[architecture.Prototypes], 0);
        foreach (TrainingBatch batch in views.Whole(context.Images.Training).InOrder(0, context.Cancellation))
        {
            context.CheckAlive();
            using var step = NewDisposeScope();
            Tensor own = batch.Labels.unsqueeze(1).eq(classes), places = Places(batch.Inputs);                          // N × P
            for (int copy = 0; copy < phase.Copies; copy++)
            {
                using var noisy = NewDisposeScope();
                Count(copies, own);
                Count(stayed, own.logical_and(Places(WithNoise(batch, phase.Noise, copy)).eq(places)));
            }
            progress(done += batch.Images.Length);
        }
        return [.. stayed.Zip(copies, (n, all) => (double)n / all)];
    }

    /// <summary>The place of the patch nearest to each prototype: N × P.</summary>
    private Tensor Places(Tensor inputs)
    {
        LatentMap latent = state.Network.LatentOf(evaluation.Features.Of(inputs));
        return latent.Outside(state.Network.Distances(latent), double.PositiveInfinity).flatten(2).argmin(2);
    }

    private Tensor WithNoise(TrainingBatch batch, double noise, int copy)
    {
        int[] images = batch.Images.ToArray();
        return NoisyInputs.Of(
            batch.Inputs, state.Network.Architecture.Backbone.Normalisation,
            i => new(ViewSeed.Of(context.Seed, NoiseEpoch, images[i], copy), noise));
    }

    private static void Count(long[] counts, Tensor which)
    {
        long[] found = [.. which.to(ScalarType.Int64).sum(dim: 0).cpu().data<long>()];
        for (int j = 0; j < counts.Length; j++) counts[j] += found[j];
    }
}
