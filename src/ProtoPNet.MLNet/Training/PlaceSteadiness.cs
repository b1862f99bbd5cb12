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
    /// <param name="progress">Receives the fraction done, from 0 to 1.</param>
    public double[] Of(SteadinessPruning phase, Action<double> progress)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        NetworkArchitecture architecture = state.Network.Architecture;
        ILookup<int, int> ofClass = architecture.PrototypeClasses.Index().ToLookup(p => p.Item, p => p.Index);
        int[] images = Images(phase);
        var still = new Dictionary<int, long[]>();
        evaluation.ForEachMap(evaluation.Whole(images), 0, (latent, batch) =>
        {
            foreach ((int n, long[] places) in Places(latent).Index()) still[batch.Images.Span[n]] = places;
        });

        (var stayed, var copies, int done) = (new int[architecture.Prototypes], new int[architecture.Prototypes], 0);
        foreach (TrainingBatch batch in views.Whole(images).InOrder(0, context.Cancellation))
        {
            for (int copy = 0; copy < phase.Copies; copy++)
            {
                context.CheckAlive();
                using var step = NewDisposeScope();
                Tensor noisy = WithNoise(batch, phase.Noise, copy);
                foreach ((int n, long[] places) in Places(state.Network.LatentOf(evaluation.Features.Of(noisy))).Index())
                {
                    int image = batch.Images.Span[n];
                    foreach (int j in ofClass[context.Images[image].Label])
                    {
                        copies[j]++;
                        if (places[j] == still[image][j]) stayed[j]++;
                    }
                }
            }
            progress((double)(done += batch.Images.Length) / images.Length);
        }
        return [.. stayed.Zip(copies, (n, all) => (double)n / all)];
    }

    /// <summary>The images to judge by: the first of each class, then the second of each, as far as the views go, and at least one of each class.</summary>
    private int[] Images(SteadinessPruning phase)
    {
        IEnumerable<int> inTurn = context.Images.Training.GroupBy(i => context.Images[i].Label).SelectMany(own => own.Index())
            .OrderBy(one => one.Index).Select(one => one.Item);
        return [.. inTurn.Take(Math.Max(state.Network.Architecture.Classes, phase.MostViews / phase.Copies))];
    }

    /// <summary>For each image (N), the place of the patch nearest to each prototype (P).</summary>
    private long[][] Places(LatentMap latent)
    {
        Tensor distances = latent.Outside(state.Network.Distances(latent), double.PositiveInfinity);
        return [.. distances.flatten(2).argmin(2).cpu().contiguous().data<long>().ToArray().Chunk((int)distances.shape[1])];
    }

    private Tensor WithNoise(TrainingBatch batch, double noise, int copy)
    {
        int[] images = batch.Images.ToArray();
        return NoisyInputs.Of(
            batch.Inputs, state.Network.Architecture.Backbone.Normalisation,
            i => new(ViewSeed.Of(context.Seed, NoiseEpoch, images[i], copy), noise));
    }
}
