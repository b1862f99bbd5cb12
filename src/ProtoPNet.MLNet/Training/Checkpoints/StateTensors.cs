using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training.Checkpoints;

/// <summary>Converts a training state to named tensors and back.</summary>
internal static class StateTensors
{
    public const string Network = "network.", Images = "images";

    private const string Best = "best.", PooledWeights = "pooled.weights", PooledBiases = "pooled.biases";

    private const string Losses = "losses", Places = "projected.places", Distances = "projected.distances", Similarities = "projected.similarities";

    /// <summary>The tensors are valid within the dispose scope, until the state changes.</summary>
    public static IEnumerable<(string Name, Tensor Tensor)> Of(TrainingState state, RunImages images)
    {
        IEnumerable<(string, Tensor)> all = StateDict.Of(state.Network, Network)
            .Concat(AdamMoments.Of(state)).Concat(Paths(state.Ended))
            .Append((Images, tensor(images.Bytes))).Concat(state.Best.Tensors.Select(kept => (Best + kept.Key, kept.Value)));
        if (state.Pooled is { } head) all = all.Concat([(PooledWeights, head.Weights), (PooledBiases, head.Biases)]);
        if (state.Losses.All() is { } losses) all = all.Append((Losses, losses));
        return state.Projected.Count == 0 ? all : all.Concat(Projected(state.Projected));
    }

    /// <summary>Restores optimisers, losses and projected places; the network is already restored.</summary>
    /// <exception cref="CheckpointException">A tensor is missing or has the wrong shape.</exception>
    public static void Restore(CheckpointFile file, TrainingState state, int images)
    {
        using var mode = no_grad();
        if (file.Has(PooledWeights)) state.Pooled = Pooled(file, state.Network);
        AdamMoments.Restore(file, state);
        if (file.Has(Losses))
        {
            float[] rows = file.Numbers<float>(Losses);
            if (rows.Length % EpochLosses.Parts != 0) throw file.Damaged("its losses have the wrong shape.");
            using Tensor losses = tensor(rows, device: state.Network.PrototypeVectors.device);
            state.Losses.Add(losses);
        }
        foreach (TensorInfo kept in file.Tensors.Where(t => t.Name.StartsWith(Best, StringComparison.Ordinal)))
            state.Best.Keep(kept.Name[Best.Length..], file.Load(kept.Name).to(state.Network.PrototypeVectors.device));
        if (file.Has(Places)) state.Projected = Projected(file, state.Network.Architecture.Prototypes, images);
    }

    /// <summary>The paths of λ of the phases that have ended.</summary>
    /// <exception cref="CheckpointException">Weights are missing or have the wrong shape.</exception>
    public static RegularisationPath Path(CheckpointFile file, int phase, IReadOnlyList<CheckpointDescription.Point> points, int classes)
        => new([.. points.Select((point, i) =>
        {
            float[] weights = file.Numbers<float>(PathWeights(phase, i));
            if (weights.Length == 0 || weights.Length % classes != 0)
                throw file.Damaged($"the tensor '{PathWeights(phase, i)}' has the wrong shape.");
            Matrix<float> matrix = Matrix<float>.Build.DenseOfRowMajor(classes, weights.Length / classes, weights);
            return new PathPoint(point.L1, point.OwnClass, new LastLayerSolution(matrix, point.Certificate), point.ValidationAccuracy);
        })]);

    private static PooledHead Pooled(CheckpointFile file, ProtoPNetNetwork network)
    {
        var head = new PooledHead(network);
        foreach ((string name, Tensor to) in new (string, Tensor)[] { (PooledWeights, head.Weights), (PooledBiases, head.Biases) })
        {
            float[] kept = file.Numbers<float>(name, (int)to.numel());
            to.copy_(tensor(kept).reshape(to.shape));
        }
        return head;
    }

    private static IEnumerable<(string, Tensor)> Paths(IReadOnlyList<PhaseReport> ended)
        => ended.Index().Where(phase => phase.Item.Path is not null).SelectMany(phase => phase.Item.Path!.Points
            .Select((point, i) => (PathWeights(phase.Index, i), tensor(point.Solution.Weights.ToRowMajorArray()))));

    private static IEnumerable<(string, Tensor)> Projected(IReadOnlyList<PlacedPrototype> projected)
    {
        int rows = projected[0].Similarities.GetLength(0), columns = projected[0].Similarities.GetLength(1);
        yield return (Places, tensor(projected.SelectMany(p => new long[] { p.Image, p.CellRow, p.CellColumn }).ToArray()).reshape(-1, 3));
        yield return (Distances, tensor(projected.SelectMany(p => new[] { p.Distance, p.Detour }).ToArray()).reshape(-1, 2));
        yield return (Similarities, tensor(projected.SelectMany(p => p.Similarities.Cast<float>()).ToArray()).reshape(-1, rows, columns));
    }

    private static PlacedPrototype[] Projected(CheckpointFile file, int prototypes, int images)
    {
        long[] places = file.Numbers<long>(Places, 3 * prototypes);
        double[] distances = file.Numbers<double>(Distances, 2 * prototypes);
        using Tensor maps = file.Load(Similarities);
        if (maps.dtype != ScalarType.Float32 || maps.dim() != 3 || maps.shape[0] != prototypes)
            throw file.Damaged("its similarity maps have the wrong shape.");
        var result = new PlacedPrototype[prototypes];
        for (int p = 0; p < prototypes; p++)
        {
            if (places[3 * p] < 0 || places[3 * p] >= images) throw file.Damaged($"prototype {p} lies on image {places[3 * p]} of {images}.");
            using Tensor one = maps[p];
            var map = new float[maps.shape[1], maps.shape[2]];
            Buffer.BlockCopy(one.data<float>().ToArray(), 0, map, 0, map.Length * sizeof(float));
            result[p] = new((int)places[3 * p], (int)places[3 * p + 1], (int)places[3 * p + 2], distances[2 * p], map)
            {
                Detour = distances[2 * p + 1],
            };
        }
        return result;
    }

    private static string PathWeights(int phase, int point) => $"path.{phase}.{point}";
}
