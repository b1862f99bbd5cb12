using System.Diagnostics;
using MathNet.Numerics.LinearAlgebra;
using Microsoft.ML;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Editing;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.LastLayer;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// What a person waits for after an edit, on synthetic similarities of any size: <c>edit --images 5994 --classes 200 --views 1 --l1 3e-3</c> strikes
/// out <c>--edits</c> prototypes, one by one. <c>--save FILE</c> writes the model, whose photographs are painted birds, for <c>protopnet serve</c>.
/// </summary>
internal static class EditBenchmark
{
    public static object Run(Arguments arguments)
    {
        (MadeSimilarities made, LastLayerProblem problem) = LastLayerBenchmark.Problem(arguments);
        AnalysedImage[] photographs = MadeModel.Photographs(64, problem.Classes);
        using TrainedProtoPNet bare = MadeModel.Of(problem.Prototypes, problem.Classes, photographs);
        TrainedProtoPNet model = new(bare.Network, bare.ClassNames, bare.Prototypes) { Penalties = new(problem.L1, problem.OwnClass) };
        if (arguments.Text("save", "") is { Length: > 0 } path) Save(model, path);

        LabelledSimilarities learned = new(problem.Similarities, [.. problem.Labels]);
        (Matrix<float> similarities, int[] labels) = made.Photographs(problem.Images / 5, training: false, seed: 3);
        ModelEditor editor = new(model, learned, [Set("training", learned), Set("validation", new(similarities, labels))]);
        Stopwatch watch = Stopwatch.StartNew();
        EditedModel state = editor.Start(CancellationToken.None);
        double start = watch.Elapsed.TotalSeconds;
        List<double> seconds = [];
        for (int edit = 0; edit < arguments.Int("edits", 10); edit++)
        {
            int prototype = edit * 37 % model.Prototypes.Count;
            watch.Restart();
            EditedModel next = editor.Edit(state, new ModelEdit.StrikeOut(model.Prototypes[prototype].Name), CancellationToken.None);
            seconds.Add(watch.Elapsed.TotalSeconds);
            Console.WriteLine($"{next.Edits[^1]}: {seconds[^1]:F2} s, validation {next.Outcomes[1].Accuracy:P2}, "
                + $"{EditEffect.Of(state, next)[1].Changed.Count} photographs changed class");
            state = next;
        }
        return new
        {
            startSeconds = Math.Round(start, 2),
            firstSeconds = Math.Round(seconds[0], 3),
            medianSeconds = Math.Round(seconds.Order().ElementAt(seconds.Count / 2), 3),
            mostSeconds = Math.Round(seconds.Max(), 3),
            peakMemoryMB = Memory.PeakMB(),
        };
    }

    private static PhotographSet Set(string name, LabelledSimilarities similarities)
        => new(name, [.. Enumerable.Range(0, similarities.Labels.Length).Select(i => $"{name} {i}")], similarities);

    private static void Save(TrainedProtoPNet model, string path)
    {
        var ml = new MLContext(seed: 1);
        ProtoPNetTransformer transformer = new(model, ClassLabels.Parse("String", [.. model.ClassNames]), new(), 16);
        ml.Model.Save(transformer, null, path);
    }
}
