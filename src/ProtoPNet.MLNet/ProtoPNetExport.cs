using ProtoPNet.MLNet.Export.Checkpoints;
using ProtoPNet.MLNet.Export.Onnx;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Persistence;

namespace ProtoPNet.MLNet;

/// <summary>Exports trained models to other engines.</summary>
public static class ProtoPNetExport
{
    /// <summary>
    /// Writes the network as an ONNX model (opset 17). Input: <c>image</c> (N × 3 × S × S; RGB in [0, 1], normalised with the mean and standard
    /// deviation in the metadata). Outputs: <c>probabilities</c> and <c>logits</c> (N × K), <c>similarities</c> (N × P), <c>similarity_maps</c> (N
    /// × P × H × W). Class names and prototypes are in the metadata. Weights beyond 2 GB go into a second file, <c>NAME.data</c>.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public static void ExportOnnx(this ProtoPNetTransformer transformer, string path)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        ArgumentException.ThrowIfNullOrEmpty(path);
        using SharedModel.Loan loan = transformer.Borrow();
        OnnxExport.Write(loan.Model, path);
    }

    /// <summary>
    /// Writes a classifier without prototypes as an ONNX model (opset 17), with the same input and the outputs <c>probabilities</c>, <c>logits</c>
    /// (N × K) and <c>activation_maps</c> (N × K × H × W), whose means are the logits.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public static void ExportOnnx(this PooledImageClassifierTransformer transformer, string path)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        ArgumentException.ThrowIfNullOrEmpty(path);
        using Shared<TrainedPooledClassifier>.Loan loan = transformer.Borrow();
        PooledOnnx.Write(loan.Model, path);
    }

    /// <summary>Writes the state dict of a classifier without prototypes as safetensors: <c>features.*</c>, <c>classifier.*</c>.</summary>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public static void ExportStateDict(this PooledImageClassifierTransformer transformer, string path)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        ArgumentException.ThrowIfNullOrEmpty(path);
        using Shared<TrainedPooledClassifier>.Loan loan = transformer.Borrow();
        WholeFile.Write(path, stream => NetworkEntry.Write(stream, loan.Model.Network));
    }

    /// <summary>Writes the network's state dict as safetensors, under the names of the published PyTorch implementation.</summary>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    public static void ExportStateDict(this ProtoPNetTransformer transformer, string path)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        ArgumentException.ThrowIfNullOrEmpty(path);
        using SharedModel.Loan loan = transformer.Borrow();
        ReferenceCheckpoint.Write(loan.Model, path);
    }
}
