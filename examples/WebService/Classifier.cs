using System.Collections.Concurrent;
using Microsoft.ML;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Reports;

namespace WebService;

/// <summary>A class and its probability, 0 to 1.</summary>
internal sealed record RankedClass(string Class, float Probability);

/// <summary>A model for many threads: one network, and an engine for each request in work, used again by the next.</summary>
internal sealed class Classifier : IDisposable
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly ProtoPNetTransformer _network;
    private readonly ConcurrentBag<PredictionEngine<Upload, Scores>> _idle = [];

    public Classifier(string model)
    {
        // The photograph comes as bytes: the model's own steps, which read files, are not needed.
        ITransformer loaded = _ml.Model.Load(model, out _);
        _network = ((IEnumerable<ITransformer>)loaded).OfType<ProtoPNetTransformer>().Single();
    }

    public int Classes => _network.ClassNames.Count;

    /// <summary>The most probable classes, best first.</summary>
    /// <exception cref="UnreadableImageException">The bytes are not a photograph.</exception>
    public IReadOnlyList<RankedClass> Predict(byte[] photograph, int top)
    {
        // Engines are not safe for threads, but share the network, which outlives them.
        PredictionEngine<Upload, Scores> engine = _idle.TryTake(out PredictionEngine<Upload, Scores>? used) ? used
            : _ml.Model.CreatePredictionEngine<Upload, Scores>(_network, new PredictionEngineOptions { OwnsTransformer = false });
        try
        {
            float[] scores = engine.Predict(new Upload { Image = photograph }).Score;
            return [.. scores.Index().OrderByDescending(one => one.Item).Take(top).Select(one => new RankedClass(_network.ClassNames[one.Index], one.Item))];
        }
        finally
        {
            _idle.Add(engine);
        }
    }

    /// <summary>The page that explains a prediction.</summary>
    /// <exception cref="UnreadableImageException">The bytes are not a photograph.</exception>
    public string Explain(byte[] photograph) => _network.ExplainAsReport(photograph, "upload").Html();

    public void Dispose()
    {
        while (_idle.TryTake(out PredictionEngine<Upload, Scores>? engine)) engine.Dispose();
        _network.Dispose();
    }

    private sealed class Upload
    {
        public byte[] Image { get; set; } = [];
    }

    private sealed class Scores
    {
        public float[] Score { get; set; } = [];
    }
}
