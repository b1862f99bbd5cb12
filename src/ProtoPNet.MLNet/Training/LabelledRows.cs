using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.LastLayer;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training;

/// <summary>Collects what the last layer is solved on, batch by batch: a row of numbers for each view, with the class and weight of its image.</summary>
/// <param name="images">The images.</param>
/// <param name="rows">The number N of views.</param>
/// <param name="columns">Numbers per view.</param>
/// <exception cref="ArgumentException">These are more numbers than an array can hold.</exception>
internal sealed class LabelledRows(TrainingImages images, int rows, int columns)
{
    private readonly SimilarityCollector _collector = new(rows, columns);
    private readonly int[] _labels = new int[rows];
    private readonly double[] _weights = new double[rows];

    /// <summary>The share collected so far.</summary>
    public (int Done, int All) Progress => (_collector.Count, rows);

    /// <summary>Adds the views of a batch.</summary>
    /// <param name="batch">The batch of n views.</param>
    /// <param name="values">n × columns; on any device.</param>
    public void Add(TrainingBatch batch, Tensor values)
    {
        for (int i = 0; i < batch.Images.Length; i++)
        {
            TrainingImage image = images[batch.Images.Span[i]];
            (_labels[_collector.Count + i], _weights[_collector.Count + i]) = (image.Label, image.Weight);
        }
        using Tensor here = values.cpu().contiguous();
        _collector.Add(here.data<float>().ToArray());
    }

    /// <summary>All rows, once they are complete.</summary>
    /// <exception cref="InvalidOperationException">Rows are missing.</exception>
    public LabelledSimilarities All => new(_collector.Similarities, _labels, _weights);
}
