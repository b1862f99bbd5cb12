using Microsoft.ML;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Reports;

namespace ProtoPNet.Cli;

/// <summary>The explanation of a photograph, to be written.</summary>
/// <param name="Predicted">The predicted class.</param>
/// <param name="Html">The page.</param>
/// <param name="Json">Its figures.</param>
/// <param name="WritePictures">Writes its pictures into a folder.</param>
internal sealed record ExplainedPhotograph(ClassScore Predicted, Func<string> Html, Func<string> Json, Action<string> WritePictures);

/// <summary>A saved pipeline around one ProtoPNet or several, which explain their predictions by prototypes.</summary>
internal abstract class PrototypeFile : SavedPipeline
{
    private protected PrototypeFile(string path, ITransformer pipeline, DataViewSchema schema) : base(path, pipeline, schema)
    {
    }

    /// <summary>Its models, one or several, by name.</summary>
    public abstract IReadOnlyList<(string Name, ProtoPNetTransformer Model)> Models { get; }

    /// <summary>Explains the prediction for a photograph.</summary>
    /// <param name="encoded">The bytes of its file.</param>
    /// <param name="name">Its name, for display.</param>
    /// <param name="options">The amount of detail.</param>
    /// <exception cref="MLNet.Images.UnreadableImageException">The bytes are not a readable image.</exception>
    public abstract ExplainedPhotograph Explain(byte[] encoded, string name, LocalReportOptions options);
}
