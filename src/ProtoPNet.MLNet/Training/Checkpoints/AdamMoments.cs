using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training.Checkpoints;

/// <summary>
/// The optimisers' state as named tensors: for each parameter the running means of its gradient and squared gradient, and its step count.
/// </summary>
internal static class AdamMoments
{
    private const string PooledHead = "Pooled";

    /// <summary>Valid as long as the optimisers; the step counts belong to the dispose scope.</summary>
    public static IEnumerable<(string Name, Tensor Tensor)> Of(TrainingState state)
    {
        IEnumerable<(string, Adam)> live = state.Optimisers.Live.Select(one => (one.Key.ToString(), one.Value));
        if (state.Pooled is { } head) live = live.Append((PooledHead, head.Adam));
        foreach ((string kind, Adam adam) in live)
        {
            Adam.Moments[] all = [.. adam.All];
            yield return (Steps(kind), tensor(all.Select(m => m.Steps).ToArray()));
            for (int i = 0; i < all.Length; i++)
            {
                yield return (Mean(kind, i), all[i].Mean);
                yield return (Square(kind, i), all[i].Square);
            }
        }
    }

    /// <exception cref="CheckpointException">The moments belong to other parameters.</exception>
    public static void Restore(CheckpointFile file, TrainingState state)
    {
        foreach (OptimiserKind kind in Enum.GetValues<OptimiserKind>().Where(k => file.Has(Steps(k.ToString()))))
            Fill(kind.ToString(), state.Optimisers.Of(kind));
        if (state.Pooled is { } head) Fill(PooledHead, head.Adam);

        void Fill(string kind, Adam adam)
        {
            Adam.Moments[] all = [.. adam.All];
            long[] steps = file.Numbers<long>(Steps(kind), all.Length);
            for (int i = 0; i < all.Length; i++)
            {
                all[i].Steps = steps[i];
                Copy(Mean(kind, i), all[i].Mean);
                Copy(Square(kind, i), all[i].Square);
            }
        }

        void Copy(string name, Tensor to)
        {
            using Tensor kept = file.Load(name);
            if (kept.dtype != to.dtype || !kept.shape.SequenceEqual(to.shape)) throw file.Damaged($"the tensor '{name}' has the wrong shape.");
            to.copy_(kept);
        }
    }

    private static string Steps(string kind) => $"adam.{kind}.steps";

    private static string Mean(string kind, int parameter) => $"adam.{kind}.mean.{parameter}";

    private static string Square(string kind, int parameter) => $"adam.{kind}.square.{parameter}";
}
