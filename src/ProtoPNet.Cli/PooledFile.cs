using Microsoft.ML;
using ProtoPNet.MLNet;

namespace ProtoPNet.Cli;

/// <summary>A saved classifier without prototypes: the pipeline and its classifier.</summary>
internal sealed class PooledFile : SavedPipeline
{
    internal PooledFile(string path, PooledImageClassifierTransformer classifier, ITransformer pipeline, DataViewSchema schema)
        : base(path, pipeline, schema) => Classifier = classifier;

    public PooledImageClassifierTransformer Classifier { get; }

    public override string Kind => "a pooled classifier, which has no prototypes; only 'evaluate', 'predict', 'export' and 'compare' take it";

    public override IReadOnlyList<string> ClassNames => Classifier.ClassNames;

    public override double Temperature => Classifier.Temperature;

    /// <summary>The probability of the predicted class, in place of similarities.</summary>
    public override AbstainingEstimator AbstainBelow(TransformsCatalog catalog, float threshold) => catalog.AbstainBelow(
        threshold, nearest: 1, sourceColumnName: Classifier.ScoreColumnName, predictedLabelColumnName: Classifier.PredictedLabelColumnName);

    public override void Dispose() => Classifier.Dispose();
}
