using MathNet.Numerics.LinearAlgebra;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Randomness;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// Synthetic similarities resembling a projected ProtoPNet's, from a seed. Species come in families of five; a photograph is its species' point in a
/// space of 48 dimensions plus its own pose, light and background; a prototype looks along a direction that it shares partly with its
/// species. The similarity is an affine function of the projection onto that direction with noise of its own, clipped to the range of
/// log((d + 1) / (d + 1e-4)). As after projection, each prototype is a patch of one photograph of its class, where it reaches log(1e4).
/// <para>
/// Scaled to a real network's similarities (Golden/last_layer.json: 300 photographs, 100 prototypes, ten classes): off class mean 2.1
/// and deviation 0.85, own class 2.7 and 1.4; prototypes' means differ by 0.7, photographs' by 0.08; prototypes of one class
/// correlate by 0.15, of two classes by 0 ± 0.1; the own class's lead over the others is 1.9 ± 2 deviations.
/// </para>
/// </summary>
internal sealed class MadeSimilarities
{
    private const int Dimensions = 48;
    private const int Family = 5;

    private readonly double[][] _species;
    private readonly double[][] _directions;
    private readonly double[] _means;
    private readonly double[] _deviations;
    private readonly double[] _leads;
    private readonly int _classes;

    public MadeSimilarities(int prototypes, int classes, ulong seed = 1)
    {
        var random = new DeterministicRandom(seed);
        _classes = classes;
        double[][] families = [.. Enumerable.Range(0, (classes + Family - 1) / Family).Select(_ => Point(random, 0.7))];
        _species = [.. Enumerable.Range(0, classes).Select(k => Sum(families[k / Family], Point(random, 0.7)))];
        PrototypeClasses = [.. Enumerable.Range(0, prototypes).Select(j => (int)((long)j * classes / prototypes))];
        _directions = [.. PrototypeClasses.Select(k => Unit(Sum(Scaled(_species[k], 0.08), Point(random, 1))))];
        _means = [.. PrototypeClasses.Select(_ => 2.1 + 0.7 * random.Normal())];
        _deviations = [.. PrototypeClasses.Select(_ => 0.25 * Math.Exp(0.3 * random.Normal()))];
        _leads = [.. PrototypeClasses.Select(_ => 0.4 * Math.Exp(1.3 * random.Normal()))];
    }

    public int[] PrototypeClasses { get; }

    /// <summary>
    /// Photographs of all classes in turn, views of one photograph consecutively: the first is the photograph itself, the others are near it.
    /// For training ones, each prototype is a patch of a photograph of its class. Rows are collected as they are generated.
    /// </summary>
    /// <returns>Similarities (images · views × P) and the class of each row.</returns>
    public (Matrix<float> Similarities, int[] Labels) Photographs(int images, bool training, ulong seed, int views = 1)
    {
        var random = new DeterministicRandom(seed);
        int prototypes = PrototypeClasses.Length;
        int[] labels = [.. Enumerable.Range(0, images * views).Select(row => row / views % _classes)];
        var collector = new SimilarityCollector(images * views, prototypes);
        float[] rows = new float[views * prototypes];
        for (int i = 0; i < images; i++)
        {
            int label = i % _classes;
            double[] photograph = Sum(_species[label], Point(random, 0.8));
            for (int v = 0; v < views; v++)
                Fill(rows.AsSpan(v * prototypes, prototypes), v == 0 ? photograph : Sum(photograph, Point(random, 0.3)), label, random);
            collector.Add(rows);
        }
        Matrix<float> similarities = collector.Similarities;
        for (int j = 0; training && j < prototypes; j++)
        {
            int turn = random.NextInt((images - PrototypeClasses[j] + _classes - 1) / _classes);
            similarities[(turn * _classes + PrototypeClasses[j]) * views, j] = 9.21034f;
        }
        return (similarities, labels);
    }

    private void Fill(Span<float> row, double[] photograph, int label, DeterministicRandom random)
    {
        for (int j = 0; j < row.Length; j++)
        {
            double projection = 0;
            for (int d = 0; d < Dimensions; d++) projection += photograph[d] * _directions[j][d];
            double value = projection + 1.3 * random.Normal();
            if (label == PrototypeClasses[j]) value += _leads[j];
            row[j] = (float)Math.Clamp(_means[j] + _deviations[j] * value, 0.05, 7);
        }
    }

    private static double[] Point(DeterministicRandom random, double deviation)
        => [.. Enumerable.Range(0, Dimensions).Select(_ => deviation * random.Normal())];

    private static double[] Sum(double[] a, double[] b) => [.. a.Zip(b, (x, y) => x + y)];

    private static double[] Scaled(double[] a, double by) => [.. a.Select(x => by * x)];

    private static double[] Unit(double[] a) => Scaled(a, 1 / Math.Sqrt(a.Sum(x => x * x)));
}
