using Microsoft.ML;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.Cli;

/// <summary>A saved model: the pipeline and its ProtoPNet.</summary>
internal sealed class ModelFile : PrototypeFile
{
    internal ModelFile(string path, ProtoPNetTransformer network, ITransformer pipeline, DataViewSchema schema) : base(path, pipeline, schema)
        => Network = network;

    public ProtoPNetTransformer Network { get; }

    public override string Kind => "a ProtoPNet";

    public override IReadOnlyList<string> ClassNames => Network.ClassNames;

    public override double Temperature => Network.Temperature;

    public override IReadOnlyList<(string Name, ProtoPNetTransformer Model)> Models => [(Name, Network)];

    /// <summary>Opens a single ProtoPNet.</summary>
    /// <inheritdoc cref="SavedPipeline.Open{T}"/>
    public static new ModelFile Open(string path) => Open<ModelFile>(path);

    public override AbstainingEstimator AbstainBelow(TransformsCatalog catalog, float threshold) => catalog.AbstainBelow(
        threshold, sourceColumnName: Network.FamiliarityColumnName ?? Network.SimilaritiesColumnName, predictedLabelColumnName: Network.PredictedLabelColumnName);

    /// <summary>Writes the pipeline with a different network.</summary>
    public void SaveWith(ProtoPNetTransformer network, string path) => SaveWith(Network, network, path);

    /// <summary>Writes the pipeline with a different network.</summary>
    public void SaveWith(ProtoPNetTransformer network, Stream stream) => SaveWith(Network, network, stream);

    /// <summary>Writes the pipeline with an ensemble in the place of the network.</summary>
    public void SaveWith(ProtoPNetEnsemble ensemble, string path) => SaveWith(Network, ensemble, path);

    public override ExplainedPhotograph Explain(byte[] encoded, string name, LocalReportOptions options)
    {
        LocalReport report = Network.ExplainAsReport(encoded, name, options);
        return new(report.Explanation.Predicted, report.Html, report.Json, folder => report.WritePictures(folder));
    }

    public override void Dispose() => Network.Dispose();
}
