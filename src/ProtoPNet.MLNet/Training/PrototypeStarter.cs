using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// Puts prototypes onto latent patches of training images of their class. Patches are drawn as k-means++ draws its
/// centres (Arthur and Vassilvitskii 2007): the farther from those already drawn, the likelier.
/// </summary>
internal static class PrototypeStarter
{
    private const int PatchesPerClass = 2000;

    public static void Run(
        ProtoPNetNetwork network, InferenceFeatures backbone, TrainingImages images, RenderedBatches wholeImages, ulong seed,
        Action<double> progress, CancellationToken cancellation)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        NetworkArchitecture architecture = network.Architecture;
        int[] perClass = new int[architecture.Classes];
        foreach (int i in images.Training) perClass[images[i].Label]++;

        var random = new DeterministicRandom(seed);
        var patches = new List<float[]>[architecture.Classes];
        for (int k = 0; k < patches.Length; k++) patches[k] = [];
        int done = 0;
        foreach (TrainingBatch batch in wholeImages.InOrder(0, cancellation))
        {
            progress((double)done / wholeImages.Count);
            done += batch.Images.Length;
            using var step = NewDisposeScope();
            Tensor all = Patches.Unfold(network.LatentOf(backbone.Of(batch.Inputs)), architecture);
            for (int n = 0; n < batch.Images.Length; n++)
            {
                int label = images[batch.Images.Span[n]].Label, cells = (int)(all.shape[1] * all.shape[2]);
                int wanted = Math.Min(cells, (PatchesPerClass + perClass[label] - 1) / perClass[label]);
                long[] chosen = [.. random.Permutation(cells).Take(wanted).Select(c => (long)c)];
                Tensor rows = all[n].reshape(cells, -1).index_select(0, tensor(chosen, device: all.device)).cpu();
                float[] flat = rows.data<float>().ToArray();
                int length = flat.Length / wanted;
                for (int i = 0; i < wanted; i++) patches[label].Add(flat[(i * length)..((i + 1) * length)]);
            }
        }

        Tensor vectors = network.PrototypeVectors.detach().cpu().clone();
        foreach (IGrouping<int, int> own in Enumerable.Range(0, architecture.Prototypes).GroupBy(j => architecture.PrototypeClasses[j]))
            foreach ((int prototype, float[] patch) in own.Zip(Spread(patches[own.Key], own.Count(), random)))
                vectors[prototype].copy_(tensor(patch).reshape(vectors.shape[1..]));
        network.PrototypeVectors.copy_(vectors);
    }

    private static List<float[]> Spread(List<float[]> patches, int count, DeterministicRandom random)
    {
        var chosen = new List<float[]> { patches[random.NextInt(patches.Count)] };
        double[] nearest = [.. patches.Select(p => Distance(p, chosen[0]))];
        while (chosen.Count < count)
        {
            double target = random.NextDouble() * nearest.Sum();
            int next = 0;
            while (next < patches.Count - 1 && (target -= nearest[next]) > 0) next++;
            chosen.Add(patches[next]);
            for (int i = 0; i < patches.Count; i++) nearest[i] = Math.Min(nearest[i], Distance(patches[i], patches[next]));
        }
        return chosen;
    }

    private static double Distance(float[] a, float[] b)
    {
        float distance = System.Numerics.Tensors.TensorPrimitives.Distance(a, b);
        return (double)distance * distance;
    }
}
