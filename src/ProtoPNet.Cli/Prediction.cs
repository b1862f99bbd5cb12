using System.Text.Json.Serialization;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.Cli;

/// <summary>What a model says of a photograph.</summary>
/// <param name="Image">Its path as given.</param>
/// <param name="Classes">The most probable classes, best first.</param>
internal sealed record Prediction(string Image, IReadOnlyList<PredictedClass> Classes)
{
    /// <summary>
    /// How familiar the photograph looks, as <c>evaluate</c> measures it, or what the pipeline itself abstains by; null if the model cannot tell.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float? Familiarity { get; init; }

    /// <summary>The class, or "unknown"; null where every photograph gets an answer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Answer { get; init; }
}

/// <summary>A class and its probability, 0 to 1.</summary>
internal sealed record PredictedClass(string Class, float Probability);

/// <summary>Predicts photographs a batch at a time, however many there are.</summary>
/// <param name="model">The model.</param>
/// <param name="top">The number of classes of each prediction.</param>
/// <param name="threshold">The familiarity below which the answer is "unknown"; null for what the pipeline itself does.</param>
/// <param name="leaveOut">Receives the photographs that cannot be read.</param>
internal sealed class Predictor(SavedPipeline model, int top, float? threshold, Action<string, UnreadableImageException> leaveOut)
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
        (IDataView scored, string? familiarity, string? answer) = Answered(rows);
        IDataView read = _ml.Data.Cache(scored, [.. ((string?[])["Score", familiarity, answer]).OfType<string>()]); // scored once
        float[][] scores = [.. read.GetColumn<float[]>("Score")];
        float[]? familiarities = familiarity is null ? null : [.. read.GetColumn<float>(familiarity)];
        string[]? answers = answer is null ? null : [.. read.GetColumn<string>(answer)];
        return [.. paths.Select((path, i) => new Prediction(path, Best(scores[i])) { Familiarity = familiarities?[i], Answer = answers?[i] })];
    }

    /// <summary>The scored rows, and the names of their columns of familiarities and of answers, if they have these.</summary>
    private (IDataView Scored, string? Familiarity, string? Answer) Answered(IDataView rows)
    {
        IDataView scored = (model.Abstention is null ? model.UpToClassifier : model.UpToAbstention).Transform(rows);
        AbstainingTransformer? abstention = model.Abstention is { } own ? own.WithThreshold(threshold ?? own.Threshold)
            : model.AbstainBelow(_ml.Transforms, threshold ?? 0)?.Fit(scored);
        return abstention is null ? (scored, null, null) : (
            abstention.Transform(scored), abstention.FamiliarityColumnName,
            threshold is null && model.Abstention is null ? null : abstention.AnswerColumnName);
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
