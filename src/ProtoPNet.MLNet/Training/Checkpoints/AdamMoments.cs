using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training.Checkpoints;

/// <summary>What the optimisers remember, as named tensors: of each parameter the running means of its gradient and of its square, and its steps.</summary>
internal static class AdamMoments
{
    /// <summary>Valid while the optimisers are; the counts of steps belong to the dispose scope.</summary>
    public static IEnumerable<(string Name, Tensor Tensor)> Of(Optimisers optimisers)
    {
        foreach ((OptimiserKind kind, Adam adam) in optimisers.Live)
        {
            Adam.State[] states = States(adam);
            yield return (Steps(kind), tensor(states.Select(s => s.step).ToArray()));
            for (int i = 0; i < states.Length; i++)
            {
                yield return (Mean(kind, i), states[i].exp_avg);
                yield return (Square(kind, i), states[i].exp_avg_sq);
            }
        }
    }

    /// <exception cref="CheckpointException">The moments are of other parameters.</exception>
    public static void Restore(CheckpointFile file, Optimisers optimisers)
    {
        foreach (OptimiserKind kind in Enum.GetValues<OptimiserKind>().Where(k => file.Has(Steps(k))))
        {
            Adam.State[] states = States(optimisers.Of(kind));
            long[] steps = file.Numbers<long>(Steps(kind), states.Length);
            for (int i = 0; i < states.Length; i++)
            {
                states[i].step = steps[i];
                Copy(Mean(kind, i), states[i].exp_avg);
                Copy(Square(kind, i), states[i].exp_avg_sq);
            }
        }

        void Copy(string name, Tensor to)
        {
            using Tensor kept = file.Load(name);
            if (kept.dtype != to.dtype || !kept.shape.SequenceEqual(to.shape)) throw file.Damaged($"the tensor '{name}' is of another shape.");
            to.copy_(kept);
        }
    }

    private static Adam.State[] States(Adam adam) => [.. adam.state_dict().State.Cast<Adam.State>()];

    private static string Steps(OptimiserKind kind) => $"adam.{kind}.steps";

    private static string Mean(OptimiserKind kind, int parameter) => $"adam.{kind}.mean.{parameter}";

    private static string Square(OptimiserKind kind, int parameter) => $"adam.{kind}.square.{parameter}";
}
