using System.Runtime.InteropServices;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>Two prototypes and the squared distance between them.</summary>
public sealed record PrototypePair(Prototype First, Prototype Second, double Distance);

/// <summary>The nearest neighbours of a prototype in latent space, nearest first.</summary>
/// <param name="OwnClass">Prototypes of its own class.</param>
/// <param name="OtherClasses">Prototypes of other classes, with which it might be confused.</param>
public sealed record PrototypeSurroundings(IReadOnlyList<PrototypePair> OwnClass, IReadOnlyList<PrototypePair> OtherClasses);

/// <summary>Distances between prototypes in latent space.</summary>
internal static class PrototypeGeometry
{
    /// <summary>The squared distance below which two prototypes count as equal.</summary>
    public const double SameWithin = 1e-6;

    private const int Rows = 512;

    /// <summary>Groups of two or more prototypes that are the same patch, regardless of class; groups and members by index.</summary>
    public static IReadOnlyList<IReadOnlyList<Prototype>> Duplicates(this TrainedProtoPNet model, double within = SameWithin)
        => [.. Groups(model, within).Where(group => group.Count > 1).Select(group => group.Select(j => model.Prototypes[j]).ToArray())];

    /// <summary>
    /// All prototypes grouped by class and bitwise equal vector: only these can be merged without changing any logit, since near distance 0 the
    /// similarity falls by 1e4 times the increase of the squared distance. Most groups have one member; groups and members by index.
    /// </summary>
    public static IReadOnlyList<IReadOnlyList<int>> EqualWithinClasses(this TrainedProtoPNet model)
    {
        float[] all = [.. model.Network.PrototypeVectors.detach().cpu().contiguous().data<float>()];
        int length = all.Length / model.Prototypes.Count;
        return [.. model.Prototypes.Select(prototype => prototype.Index)
            .GroupBy(j => (model.Architecture.PrototypeClasses[j], Convert.ToBase64String(MemoryMarshal.AsBytes(all.AsSpan(j * length, length)))))
            .Select(group => group.ToArray())];
    }

    /// <summary>The nearest prototypes of each prototype, by index: of its own class and of others.</summary>
    public static IReadOnlyList<PrototypeSurroundings> Surroundings(this TrainedProtoPNet model, int count = 3)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable mode = inference_mode();
        Tensor all = Flat(model), classes = tensor(model.Architecture.PrototypeClasses.Select(k => (long)k).ToArray());
        int prototypes = model.Prototypes.Count;
        List<PrototypeSurroundings> result = [];
        for (int start = 0; start < prototypes; start += Rows)
        {
            using DisposeScope step = NewDisposeScope();
            int rows = Math.Min(Rows, prototypes - start);
            Tensor distances = SquaredDistances(all.narrow(0, start, rows), all);
            Tensor own = classes.narrow(0, start, rows).unsqueeze(1).eq(classes), itself = eye(rows, prototypes - start, dtype: ScalarType.Bool);
            itself = cat([zeros(rows, start, dtype: ScalarType.Bool), itself], 1);
            PrototypePair[][] ofClass = Nearest(distances, own.logical_and(itself.logical_not())), ofOthers = Nearest(distances, own.logical_not());
            result.AddRange(ofClass.Zip(ofOthers, (near, far) => new PrototypeSurroundings(near, far)));

            PrototypePair[][] Nearest(Tensor from, Tensor among)
            {
                Tensor masked = from.Filled(among.logical_not(), double.PositiveInfinity);
                (Tensor value, Tensor index) = masked.topk(Math.Min(count, prototypes), 1, largest: false, sorted: true);
                double[] values = [.. value.contiguous().data<double>()];
                long[] indices = [.. index.contiguous().data<long>()];
                int each = values.Length / rows;
                return [.. Enumerable.Range(0, rows).Select(row => Enumerable.Range(row * each, each).Where(i => double.IsFinite(values[i]))
                    .Select(i => new PrototypePair(model.Prototypes[start + row], model.Prototypes[(int)indices[i]], values[i])).ToArray())];
            }
        }
        return result;
    }

    private static List<List<int>> Groups(TrainedProtoPNet model, double within)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable mode = inference_mode();
        Tensor all = Flat(model);
        int count = model.Prototypes.Count;
        List<int>?[] groupOf = new List<int>?[count];
        List<List<int>> groups = [];
        for (int start = 0; start < count; start += Rows)
        {
            using DisposeScope step = NewDisposeScope();
            Tensor near = SquaredDistances(all.narrow(0, start, Math.Min(Rows, count - start)), all).IsAtMost(within).nonzero();
            long[] pairs = [.. near.data<long>()];
            ILookup<int, int> same = Enumerable.Range(0, pairs.Length / 2)
                .ToLookup(i => start + (int)pairs[2 * i], i => (int)pairs[2 * i + 1]);
            for (int j = start; j < Math.Min(start + Rows, count); j++)
            {
                // Members of a group are equal to its first.
                int first = same[j].FirstOrDefault(i => i < j && groupOf[i]![0] == i, j);
                if (first == j) groups.Add(groupOf[j] = []);
                else groupOf[j] = groupOf[first];
                groupOf[j]!.Add(j);
            }
        }
        return groups;
    }

    /// <summary>P × (D·h·w) in double precision, so that equal prototypes compare equal.</summary>
    private static Tensor Flat(TrainedProtoPNet model) => model.Network.PrototypeVectors.detach().cpu().to(ScalarType.Float64).flatten(1);

    private static Tensor SquaredDistances(Tensor rows, Tensor columns)
        => rows.Squared().sum(1, keepdim: true).Plus(columns.Squared().sum(1)).Plus(rows.matmul(columns.t()).Times(-2)).AtLeast(0);
}
