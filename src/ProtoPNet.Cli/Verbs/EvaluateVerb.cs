using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using Spectre.Console;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet evaluate</c>: a saved model on the test photographs of a data set.</summary>
internal static class EvaluateVerb
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    public static Command Create()
    {
        var command = new Command("evaluate",
            "Measures a saved model on the test photographs of a data set (all photographs where it has no test split).");
        var model = new Option<FileInfo>("--model") { Description = "The file model.zip.", Required = true };
        var dataset = new DatasetChoice();
        var json = new Option<bool>("--json") { Description = "Write figures as JSON." };
        command.Add(model);
        dataset.AddTo(command);
        command.Add(json);
        command.SetAction((parsed, cancellation) => Task.Run(() => Run(
            parsed.GetRequiredValue(model).FullName, dataset.Load(parsed), parsed.GetValue(json), set => dataset.Readable(parsed, set, cancellation)),
            cancellation));
        return command;
    }

    private static int Run(string path, ImageDataset dataset, bool json, Func<ImageDataset, ImageDataset> readable)
    {
        var ml = new MLContext(seed: 1);
        ITransformer model = ModelFile.Load(ml, path, out _);
        string split = dataset.Test.Count > 0 ? "test" : "training";
        ImageDataset measured = dataset.Test.Count > 0 ? dataset.TestSplit() : dataset.TrainingSplit();
        measured = readable(ModelFile.CutsIn(model) ? measured : measured.WithoutBoxes());
        IReadOnlyList<ImageRecord> records = [.. measured.Train, .. measured.Test];
        var watch = Stopwatch.StartNew();
        IDataView scored = model.Transform(ml.Rows(dataset, records));
        MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(scored);
        double seconds = watch.Elapsed.TotalSeconds;
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["Score"].GetSlotNames(ref names);
        var evaluation = new Evaluation(
            records.Count, metrics.MicroAccuracy, metrics.MacroAccuracy, metrics.LogLoss,
            Math.Round(seconds, 2), Math.Round(records.Count / seconds, 1),
            [.. names.DenseValues().Select((name, k) => new ClassFigures(
                $"{name}", (int)metrics.ConfusionMatrix.Counts[k].Sum(),
                metrics.ConfusionMatrix.PerClassRecall[k], metrics.ConfusionMatrix.PerClassPrecision[k]))]);
        if (json) Console.WriteLine(JsonSerializer.Serialize(evaluation, Json));
        else Show(evaluation, split);
        return UnreadablePhotographs.AtTheEnd(measured.LeftOut.Count);
    }

    private static void Show(Evaluation evaluation, string split)
    {
        var table = new Table().AddColumns("class", "photographs", "recall", "precision");
        foreach (ClassFigures c in evaluation.PerClass)
            table.AddRow(c.Name.EscapeMarkup(), $"{c.Images}", $"{c.Recall:P1}", $"{c.Precision:P1}");
        AnsiConsole.Write(table);
        Console.WriteLine(
            $"{evaluation.Images} {split} photographs: accuracy {evaluation.Accuracy:P1}, mean of classes {evaluation.MacroAccuracy:P1}, "
            + $"log-loss {evaluation.LogLoss:F3}; {evaluation.Seconds:F1} s, {evaluation.ImagesPerSecond:F0} images/s");
    }

    private sealed record Evaluation(
        int Images, double Accuracy, double MacroAccuracy, double LogLoss, double Seconds, double ImagesPerSecond,
        IReadOnlyList<ClassFigures> PerClass);

    private sealed record ClassFigures(string Name, int Images, double Recall, double Precision);
}
