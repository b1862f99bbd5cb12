using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.Cli;

/// <summary>What a model says of a photograph.</summary>
/// <param name="Image">Its path as given.</param>
/// <param name="Classes">The most probable classes, best first.</param>
internal sealed record Prediction(string Image, IReadOnlyList<PredictedClass> Classes);

/// <summary>A class and its probability, 0 to 1.</summary>
internal sealed record PredictedClass(string Class, float Probability);

/// <summary>Predicts photographs a batch at a time, however many there are.</summary>
/// <param name="model">The model.</param>
/// <param name="top">The number of classes of each prediction.</param>
/// <param name="leaveOut">Receives the photographs that cannot be read.</param>
internal sealed class Predictor(SavedPipeline model, int top, Action<string, UnreadableImageException> leaveOut)
{
    private const int BatchSize = 32;

    private readonly MLContext _ml = new(seed: 1);

    /// <summary>Predictions in the order of the photographs, without those that cannot be read.</summary>
    public IEnumerable<Prediction> Predict(IEnumerable<string> photographs) => photographs.Chunk(BatchSize).SelectMany(Batch);

    private IReadOnlyList<Prediction> Batch(string[] paths)
    {
        try
        {
            return Scored(paths);
        }
        catch (Exception e) when (e.GetBaseException() is UnreadableImageException)
        {
            // One at least: only then is each opened on its own.
            return Scored([.. paths.Where(IsReadable)]);
        }
    }

    private IReadOnlyList<Prediction> Scored(string[] paths)
    {
        if (paths.Length == 0) return [];
        IDataView rows = _ml.Data.LoadFromEnumerable(paths.Select(path => new Photograph { ImagePath = Path.GetFullPath(path), ImageId = path }).ToArray());
        IDataView scored = model.Pipeline.Transform(rows);
        return [.. paths.Zip(scored.GetColumn<float[]>("Score"), (path, scores) => new Prediction(path, Best(scores)))];
    }

    private IReadOnlyList<PredictedClass> Best(float[] scores)
        => [.. scores.Index().OrderByDescending(one => one.Item).Take(top).Select(one => new PredictedClass(model.ClassNames[one.Index], one.Item))];

    private bool IsReadable(string path)
    {
        if (PhotographFile.Fault(path) is not { } fault) return true;
        leaveOut(path, new UnreadableImageException(fault));
        return false;
    }
}
