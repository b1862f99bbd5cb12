using System.CommandLine;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet import</c>: turns a checkpoint of the published PyTorch code into <c>model.zip</c>.</summary>
internal static class ImportVerb
{
    public static Command Create()
    {
        var command = new Command("import", "Converts a checkpoint of the published PyTorch code to a model. No code in it is executed.");
        var checkpoint = new Option<FileInfo>("--checkpoint")
        {
            Description = "The checkpoint, a state dict or a whole module: .pth, .pt or .safetensors.",
            Required = true,
        };
        Option<int?> imageSize = Ask.WholeOrNot(
            "--image-size", "The side of the input in pixels (224 in the published code); files written by 'export' record it.");
        var classes = new Option<FileInfo?>("--classes")
        {
            Description = "A file of class names, one per line, in training order (sorted folder names).",
        };
        Option<SimilarityFunction?> similarity = Ask.OneOfOrNot<SimilarityFunction>(
            "--similarity", "The similarity function: log (as published) or linear.");
        var photographs = new Option<DirectoryInfo?>("--training-images")
        {
            Description = "The photographs that the prototypes were projected onto, one folder per class, to locate each prototype.",
        };
        var crop = new Option<bool>("--crop")
        {
            Description = "The network was trained on photographs cropped to their bounding boxes, so the model crops them too.",
        };
        var output = new Option<FileInfo>("--output") { Description = "The file model.zip to write.", Required = true };
        var replacement = new Replacement();
        foreach (Option option in (Option[])[checkpoint, imageSize, classes, similarity, photographs, crop, output]) command.Add(option);
        replacement.AddTo(command);
        var unreadable = new UnreadablePhotographs();
        unreadable.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            string from = parsed.GetRequiredValue(checkpoint).Existing("checkpoint"), to = parsed.GetRequiredValue(output).FullName;
            replacement.Check(parsed, to);
            WholeFile.Check(to);
            ImageDataset? training = parsed.GetValue(photographs) is { } folder
                ? unreadable.LeaveOut(parsed, ClassFolders.Load(folder.FullName), cancellation)
                : null;
            ProtoPNetImportOptions options = new()
            {
                ImageSize = parsed.GetValue(imageSize),
                ClassNames = parsed.GetValue(classes) is { } names
                    ? [.. File.ReadLines(names.Existing("list of classes")).Select(n => n.Trim()).Where(n => n.Length > 0)]
                    : null,
                Similarity = parsed.GetValue(similarity),
                TrainingPhotographs = training is null ? null : Photographs(training),
                Cancellation = cancellation,
            };
            Run(from, options, parsed.GetValue(crop), to);
            return UnreadablePhotographs.AtTheEnd(training?.LeftOut.Count ?? 0);
        }, cancellation));
        return command;
    }

    private static List<LabelledPhotograph> Photographs(ImageDataset dataset)
        => [.. dataset.Train.Select(record => new LabelledPhotograph(dataset.PathOf(record), record.Label) { Id = record.ImagePath })];

    private static void Run(string checkpoint, ProtoPNetImportOptions options, bool crop, string output)
    {
        ImportedProtoPNet imported = ProtoPNetImport.FromCheckpoint(checkpoint, options);
        using ProtoPNetTransformer model = imported.Transformer;
        NetworkArchitecture a = imported.Architecture;
        Console.WriteLine(
            $"{a.Backbone}{(a.Stages is { } stages ? $" to stage {stages}" : "")}, {a.ImageSize} px, {a.Classes} classes, {a.Prototypes} prototypes "
            + $"of {a.PrototypeDepth}×{a.PrototypeHeight}×{a.PrototypeWidth}, add-on layers {a.AddOnLayers}, similarity {a.Similarity}");
        if (imported.SourceDistances.Count > 0)
            Console.WriteLine($"{a.Prototypes - imported.NotAPatch.Count} of {a.Prototypes} prototypes are patches of the photographs.");
        foreach (int p in imported.NotAPatch)
            Console.WriteLine($"  {model.Prototypes[p].Name} is not one: its nearest patch is at squared distance {imported.SourceDistances[p]:G3}.");

        // The same pipeline as 'train' saves, so that 'evaluate' and the other verbs can read this model.
        var ml = new MLContext(seed: 1);
        IDataView rows = ml.Data.LoadFromEnumerable(model.ClassNames.Select(name => new Photograph { Label = name }).ToList());
        ITransformer prepare = ml.Preparation(crop, ValueToKeyMappingEstimator.KeyOrdinality.ByOccurrence).Fit(rows);
        ITransformer names = ml.Transforms.Conversion.MapKeyToValue(model.PredictedLabelColumnName).Fit(model.Transform(prepare.Transform(rows)));
        WholeFile.Write(output, stream => ml.Model.Save(new TransformerChain<ITransformer>(prepare, model, names), rows.Schema, stream));
        Console.WriteLine($"Written: {output}");
    }
}
