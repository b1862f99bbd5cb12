using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Images;
using Xunit;
using static ProtoPNet.MLNet.Tests.SmallModel;

namespace ProtoPNet.MLNet.Tests.Scoring;

/// <summary>
/// Uses a model in every way from several threads while others dispose of it. Runs in a separate process, so that a crash in
/// native code is one failed test. PROTOPNET_TEST_ROUNDS sets the number of rounds (20; 200 for a long run).
/// </summary>
public class DisposalTests
{
    private const string RoundsVariable = "PROTOPNET_TEST_ROUNDS", UsualRounds = "20";
    private const int Workers = 6;

    private static readonly MLContext s_ml = new(seed: 1);

    [Fact]
    public void A_model_may_be_disposed_of_while_other_threads_use_it()
        => ChildProcess.Run(typeof(DisposalTests), nameof(Use_while_others_dispose),
            (RoundsVariable, Environment.GetEnvironmentVariable(RoundsVariable) ?? UsualRounds));

    [Fact(Explicit = true)]
    public void Use_while_others_dispose()
    {
        int rounds = int.Parse(Environment.GetEnvironmentVariable(RoundsVariable) ?? UsualRounds, CultureInfo.InvariantCulture);
        using TemporaryFolder folder = new();
        using ProtoPNetTransformer model = Transformer();
        float[][] expected = [.. model.Transform(Data(4)).GetColumn<float[]>("Score")];
        List<Action<ProtoPNetTransformer, int>> uses = Uses(folder, expected);
        foreach (Action<ProtoPNetTransformer, int> use in uses) use(model, 0); // all succeed without disposal
        ConcurrentBag<Exception> wrong = [];
        for (int round = 0; round < rounds && wrong.IsEmpty; round++)
        {
            ProtoPNetTransformer disposed = Transformer();
            // Half of the rounds start before the inference copy has been made.
            if (round % 2 == 0) uses[0](disposed, 0);
            using Barrier start = new(Workers + 2);
            int delay = 5 * (round % 10);
            Thread[] threads =
            [
                .. Enumerable.Range(0, Workers).Select(worker => Worker(() =>
                {
                    for (int next = worker + round * Workers; ; next++) uses[next % uses.Count](disposed, worker);
                })),
                Worker(() =>
                {
                    Thread.Sleep(delay);
                    disposed.Dispose();
                }),
                Worker(() =>
                {
                    using PredictionEngine<Photo, Scored> engine = Engine(disposed, owns: true);
                    Thread.Sleep(delay);
                    Same(expected[0], engine.Predict(Photos(1)[0]).Score);
                }),
            ];
            foreach (Thread thread in threads) thread.Start();
            foreach (Thread thread in threads) thread.Join();

            Thread Worker(Action work) => new(() =>
            {
                start.SignalAndWait();
                try
                {
                    work();
                }
                catch (Exception e) when (IsDisposed(e))
                {
                }
                catch (Exception e)
                {
                    wrong.Add(e);
                }
            });
        }
        Assert.Empty(wrong);
    }

    /// <summary>ML.NET wraps a pipeline's exceptions; the inner one must say that the transformer is disposed.</summary>
    private static bool IsDisposed(Exception? e) => e is ObjectDisposedException { ObjectName: var name }
        ? name.Contains(nameof(ProtoPNetTransformer), StringComparison.Ordinal)
        : e is not null && IsDisposed(e.InnerException);

    private static List<Action<ProtoPNetTransformer, int>> Uses(TemporaryFolder folder, float[][] expected) =>
    [
        (model, _) =>
        {
            float[][] found = [.. model.Transform(Data(4)).GetColumn<float[]>("Score")];
            for (int i = 0; i < 4; i++) Same(expected[i], found[i]);
        },
        (model, _) =>
        {
            using PredictionEngine<Photo, Scored> engine = Engine(model, owns: false);
            for (int i = 0; i < 3; i++) Same(expected[i], engine.Predict(Photos(4)[i]).Score);
        },
        (model, _) => Same(expected[1], [.. model.Explain(Image(Picture(1))).Ranking.OrderBy(s => s.Index).Select(s => s.Probability)]),
        (model, _) => model.ExplainAsReport(ImageCodec.EncodePng(Picture(2)), "two"),
        (model, worker) => model.ExportOnnx(folder.In($"{worker}.onnx")),
        (model, worker) => model.ExportStateDict(folder.In($"{worker}.safetensors")),
        (model, worker) => s_ml.Model.Save(model, Data(1).Schema, folder.In($"{worker}.zip")),
        (model, _) => model.PrototypeGallery("all", [("some", Analysed())], 2),
        (model, _) => model.Inspect(Analysed(), Analysed()),
        (model, _) =>
        {
            using ProtoPNetTransformer fewer = model.Prune(new() { Remove = [1] }, Analysed()).Transformer;
            Assert.Equal(5, fewer.Prototypes.Count);
        },
        (model, _) => model.Weight(0, 0),
    ];

    private static PredictionEngine<Photo, Scored> Engine(ProtoPNetTransformer model, bool owns)
        => s_ml.Model.CreatePredictionEngine<Photo, Scored>(model, new PredictionEngineOptions { OwnsTransformer = owns });

    private static AnalysedImage[] Analysed() => [.. Enumerable.Range(0, 6).Select(i => new AnalysedImage($"bird {i}.png", i % 3, () => Picture(i)))];

    private static IDataView Data(int count) => new MLContext().Data.LoadFromEnumerable(Photos(count));

    private static void Same(float[] expected, float[] found)
    {
        for (int k = 0; k < expected.Length; k++) Assert.Equal(expected[k], found[k], 1e-5f);
    }
}
