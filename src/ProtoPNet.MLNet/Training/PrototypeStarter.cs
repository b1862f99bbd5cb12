using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>
/// Places prototypes on latent patches of training images of their class. Patches are drawn like the centres of k-means++ (Arthur and Vassilvitskii
/// 2007): the farther from those already drawn, the likelier. Images come class by class, so that only one class's patches are in memory at a time.
/// </summary>
internal static class PrototypeStarter
{
    private const int PatchesPerClass = 2000;

    /// <param name="context">The photographs and the seed.</param>
    /// <param name="network">The network, in evaluation mode.</param>
    /// <param name="evaluation">Has the features of the photographs.</param>
    /// <param name="progress">Receives the fraction done, from 0 to 1.</param>
    public static void Run(TrainingContext context, ProtoPNetNetwork network, Evaluation evaluation, Action<double> progress)
    {
        using var scope = NewDisposeScope();
        using var mode = no_grad();
        TrainingImages images = context.Images;
        ILookup<int, int> prototypes = Enumerable.Range(0, network.Architecture.Prototypes).ToLookup(j => network.Architecture.PrototypeClasses[j]);
        int[] perClass = new int[network.Architecture.Classes];
        foreach (int i in images.Training) perClass[images[i].Label]++;

        Tensor vectors = network.PrototypeVectors.detach().cpu().clone();
        var patches = new List<float[]>();
        int current = -1, done = 0;
        DeterministicRandom random = null!;
        foreach (TrainingBatch batch in evaluation.Whole([.. images.Training.OrderBy(i => images[i].Label)]).InOrder(0, context.Cancellation))
        {
            context.CheckAlive();
            progress((double)done / images.Training.Length);
            done += batch.Images.Length;
            using var step = NewDisposeScope();
            LatentMap latent = network.LatentOf(batch.Inputs);
            Tensor all = Patches.Unfold(latent.Values, network.Architecture);
            for (int n = 0; n < batch.Images.Length; n++)
            {
                int label = images[batch.Images.Span[n]].Label;
                if (label != current)
                {
                    Place();
                    (current, random) = (label, RandomStreams.Random(context.Seed, RandomStream.PrototypeStart, label));
                }
                patches.AddRange(Drawn(all[n], latent.OnObject?[n], (PatchesPerClass + perClass[label] - 1) / perClass[label], random));
            }
        }
        Place();
        network.PrototypeVectors.copy_(vectors);

        void Place()
        {
            if (current < 0) return;
            int[] own = [.. prototypes[current]], open = [.. own.Except(context.Placed)];
            List<float[]> placed = [.. own.Where(context.Placed.Contains).Select(j => vectors[j].data<float>().ToArray())];
            foreach ((int prototype, float[] patch) in open.Zip(Spread(patches, placed, open.Length, random)))
                vectors[prototype].copy_(tensor(patch).reshape(vectors.shape[1..]));
            patches.Clear();
        }
    }

    /// <summary>
    /// A random sample of an image's patches (H' × W' × D × h × w) on the object; all of them if there are not more than wanted.
    /// </summary>
    private static IEnumerable<float[]> Drawn(Tensor all, Tensor? onObject, int wanted, DeterministicRandom random)
    {
        int cells = (int)(all.shape[0] * all.shape[1]);
        bool[]? allowed = onObject?.cpu().contiguous().data<bool>().ToArray();
        long[] chosen = [.. random.Permutation(cells).Where(c => allowed is null || allowed[c]).Take(wanted).Select(c => (long)c)];
        float[] flat = all.reshape(cells, -1).index_select(0, tensor(chosen, device: all.device)).cpu().data<float>().ToArray();
        return flat.Chunk(flat.Length / chosen.Length);
    }

    /// <summary>Draws patches far from each other and from those already placed.</summary>
    private static List<float[]> Spread(List<float[]> patches, List<float[]> placed, int count, DeterministicRandom random)
    {
        var chosen = new List<float[]>();
        double[] nearest = [.. patches.Select(p => placed.Select(q => Distance(p, q)).DefaultIfEmpty(double.PositiveInfinity).Min())];
        while (chosen.Count < count)
        {
            int next = placed.Count + chosen.Count == 0 ? random.NextInt(patches.Count) : Farther(nearest, random);
            chosen.Add(patches[next]);
            for (int i = 0; i < patches.Count; i++) nearest[i] = Math.Min(nearest[i], Distance(patches[i], patches[next]));
        }
        return chosen;
    }

    /// <summary>A patch, the likelier the larger its distance.</summary>
    private static int Farther(double[] distances, DeterministicRandom random)
    {
        double target = random.NextDouble() * distances.Sum();
        int next = 0;
        while (next < distances.Length - 1 && (target -= distances[next]) > 0) next++;
        return next;
    }

    private static double Distance(float[] a, float[] b)
    {
        float distance = System.Numerics.Tensors.TensorPrimitives.Distance(a, b);
        return (double)distance * distance;
    }
}
