using System.CommandLine;
using Microsoft.ML;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet train</c>: writes <c>model.zip</c>, <c>metrics.json</c>, <c>metrics.csv</c> and <c>training.html</c>.</summary>
internal static class TrainVerb
{
    public static Command Create()
    {
        var command = new Command(
            "train",
            "Trains a model and writes model.zip, metrics.json, metrics.csv, training.html and, where parts are annotated, interpretability.html.");
        var dataset = new DatasetChoice();
        var crop = new Option<bool>("--crop") { Description = "Crop photographs to their bounding boxes." };
        var trainer = new TrainerChoice();
        var validation = new Option<DirectoryInfo?>("--validation-data")
        {
            Description = "A folder of photographs, one folder per class, used for choices (λ, early stopping) instead of --validation; "
                + "only the temperature of probabilities is fitted to it.",
        };
        var output = new Option<DirectoryInfo>("--output") { Description = "The folder to write to.", Required = true };
        var resume = new Option<bool>("--resume") { Description = "Resume from the checkpoint in the output folder, if there is one." };
        Option<double> every = Ask.Number("--checkpoint-every", "Minutes between checkpoints.", 10, 0, 1e6);
        var replacement = new Replacement();
        dataset.AddTo(command);
        command.Add(crop);
        trainer.AddTo(command);
        command.Add(validation);
        command.Add(output);
        command.Add(resume);
        command.Add(every);
        replacement.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            ProtoPNetTrainer.Options options = trainer.Options(parsed, cancellation);
            _ = new MLContext().MulticlassClassification.Trainers.ProtoPNet(options); // rejects invalid options before anything is read or written
            using var folder = new OutputFolder(parsed.GetRequiredValue(output).FullName);
            options.CheckpointFolder = folder.Checkpoint;
            options.CheckpointEvery = TimeSpan.FromMinutes(parsed.GetValue(every));
            TrainingCheckpoint? resumed = folder.ToResume(parsed.GetValue(resume));
            if (resumed is null) replacement.Check(parsed, folder.Model);
            ImageDataset all = dataset.Load(parsed);
            if (parsed.GetValue(crop)) all.CheckBoxes();
            ImageDataset readable = dataset.Readable(parsed, parsed.GetValue(crop) ? all : all.WithoutBoxes(), cancellation);
            ImageDataset? own = ValidationFolder.Load(parsed.GetValue(validation)) is { } set ? dataset.Readable(parsed, set, cancellation) : null;
            return new TrainingRun(options, folder, resumed).Of(new(readable.WithEveryClassOf(all), own, all, parsed.GetValue(crop)), cancellation);
        }, cancellation));
        return command;
    }
}
