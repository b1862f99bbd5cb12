using System.CommandLine;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet predict</c>: the classes of photographs.</summary>
internal static class PredictVerb
{
    public static Command Create()
    {
        var command = new Command("predict", "Classifies photographs: their most probable classes as text, CSV or JSON.");
        var photographs = new Argument<string[]>("photographs")
        {
            Description = "Photographs, folders of them (with all their subfolders), or - for a list of paths on standard input, one a line.",
            Arity = ArgumentArity.OneOrMore,
        };
        var model = new Option<FileInfo>("--model") { Description = "The file model.zip, or an ensemble.", Required = true };
        Option<int> top = Ask.Whole("--top", "The number of classes of each photograph.", 1, 1, 1000);
        Option<PredictionFormat> format = Ask.OneOf(
            "--format", "Text, csv (a row for each photograph and class) or json (an object for each photograph, one a line).", PredictionFormat.Text);
        Option<double?> abstain = Ask.NumberOrNot(
            "--abstain-below", "The familiarity below which the answer is 'unknown', as 'evaluate' measures it, or, for a model that abstains by itself, as that "
                + "does; by default every photograph gets an answer, unless the model abstains by itself.", -1e6, 1e6);
        var output = new Option<FileInfo?>("--output") { Description = "The file to write to; standard output unless given." };
        var replacement = new Replacement();
        var unreadable = new UnreadablePhotographs();
        command.Add(photographs);
        foreach (Option option in (Option[])[model, top, format, abstain, output]) command.Add(option);
        replacement.AddTo(command);
        unreadable.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            string from = parsed.GetRequiredValue(model).Existing("model");
            IEnumerable<string> paths = PredictedPhotographs.Of(parsed.GetRequiredValue(photographs), Console.In);
            string? to = parsed.GetValue(output)?.FullName;
            if (to is not null)
            {
                replacement.Check(parsed, to);
                WholeFile.Check(to);
            }
            float? threshold = (float?)parsed.GetValue(abstain);
            using SavedPipeline file = SavedPipeline.Open(from);
            if (threshold is not null && file.Abstention is null) file.CheckFamiliarity();
            if (file.Crops) Console.Error.WriteLine(SavedPipeline.GiveCropped);
            int leftOut = 0;
            var predictor = new Predictor(file, parsed.GetValue(top), threshold, (photograph, reason) =>
            {
                unreadable.LeaveOut(parsed, photograph, reason);
                leftOut++;
            });
            IEnumerable<Prediction> predictions = predictor.Predict(Until(paths, cancellation));
            int count = 0;
            if (to is null) count = parsed.InvocationConfiguration.Output.Write(predictions, parsed.GetValue(format));
            else
                WholeFile.Write(to, stream =>
                {
                    using var writer = new StreamWriter(stream, leaveOpen: true);
                    count = writer.Write(predictions, parsed.GetValue(format));
                    CheckSome(count, leftOut); // before the file takes its name
                });
            CheckSome(count, leftOut);
            return UnreadablePhotographs.AtTheEnd(leftOut);
        }, cancellation));
        return command;
    }

    private static void CheckSome(int predicted, int leftOut)
    {
        if (predicted == 0 && leftOut > 0) throw new UnreadableImageException("No photograph could be read: see above.");
    }

    private static IEnumerable<string> Until(IEnumerable<string> paths, CancellationToken cancellation)
    {
        foreach (string path in paths)
        {
            cancellation.ThrowIfCancellationRequested();
            yield return path;
        }
    }
}
