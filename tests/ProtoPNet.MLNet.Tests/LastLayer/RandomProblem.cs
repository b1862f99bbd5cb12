using CsCheck;
using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.LastLayer;

namespace ProtoPNet.MLNet.Tests.LastLayer;

/// <summary>Small problems of all shapes: overlapping or separable classes, more or fewer prototypes than images, weights or none.</summary>
internal static class RandomProblem
{
    public static readonly Gen<LastLayerProblem> Any =
        from classes in Gen.Int[2, 5]
        from perClass in Gen.Int[1, 4]
        from images in Gen.Int[classes, 70]
        from seed in Gen.Int[0, 1_000_000]
        from l1 in OneOf(1e-4, 1e-3, 1e-2)
        from own in OneOf<OwnClassPenalty>(
            new OwnClassPenalty.TowardOne(1e-3), new OwnClassPenalty.TowardOne(1e-2), new OwnClassPenalty.TowardOne(1e-1),
            new OwnClassPenalty.Sparse(1e-3), new OwnClassPenalty.Sparse(1e-2), new OwnClassPenalty.Sparse(1e-1))
        from reasoning in OneOf(Reasoning.PositiveAndNegative, Reasoning.PositiveOnly)
        from weighted in Gen.Bool
        select Make(classes, perClass, images, seed) with
        {
            L1 = l1,
            OwnClass = own,
            Reasoning = reasoning,
            ClassWeights = weighted ? [.. Enumerable.Range(1, classes).Select(k => (double)k)] : null,
            SampleWeights = weighted ? [.. Enumerable.Range(0, images).Select(i => i % 3 == 0 ? 0.5 : 1.5)] : null,
        };

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    public static LastLayerProblem Make(int classes, int perClass, int images, int seed)
    {
        var random = new Random(seed);
        int prototypes = classes * perClass;
        int[] labels = [.. Enumerable.Range(0, images).Select(i => i % classes)];
        var similarities = Matrix<float>.Build.Dense(images, prototypes, (i, j) =>
            (float)(2 + 2 * random.NextDouble() + (labels[i] == j / perClass ? random.NextDouble() : 0)));
        return new LastLayerProblem(similarities, labels, [.. Enumerable.Range(0, prototypes).Select(j => j / perClass)], classes);
    }
}
