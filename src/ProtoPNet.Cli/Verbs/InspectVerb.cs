using System.CommandLine;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet inspect</c>: verifies a model's claims by measuring them again.</summary>
internal static class InspectVerb
{
    private const int NotAsClaimed = 2;

    public static Command Create()
    {
        var command = new Command("inspect",
            "Verifies that every prototype is its recorded patch and that contributions sum to the logits; the exit code is 2 if not.");
        var model = new Option<FileInfo>("--model") { Description = "The file model.zip.", Required = true };
        var dataset = new DatasetChoice();
        command.Add(model);
        dataset.AddTo(command);
        command.SetAction((parsed, cancellation) => Task.Run(() =>
        {
            using ModelFile file = ModelFile.Open(parsed.GetRequiredValue(model).FullName);
            return Run(file, dataset.Readable(parsed, file.Cut(dataset.Load(parsed)), cancellation), cancellation);
        }, cancellation));
        return command;
    }

    private static int Run(ModelFile file, ImageDataset dataset, CancellationToken cancellation)
    {
        // Nothing is left out here, but a data set with other classes is usually the wrong one.
        KnownClasses.Of(file.Network.ClassNames, dataset.Train).OrFail("of classes without prototypes", Console.Error);
        Inspection found = file.Network.Inspect(
            file.Images(dataset, dataset.Train), file.Images(dataset, dataset.Test.Count > 0 ? dataset.Test : dataset.Train), cancellation);
        int moved = found.Moved.Count(), missing = found.NotMeasured.Count();
        Console.WriteLine($"Prototypes that equal their patch: {found.Prototypes.Count - moved - missing} of {found.Prototypes.Count}");
        foreach (InspectedPrototype one in found.Moved)
            Console.WriteLine($"  {one.Prototype.Name}: squared distance {one.Distance:G3} to {one.Prototype.Source!.ImageId}");
        foreach (InspectedPrototype one in found.OffObject)
            Console.WriteLine($"  {one.Prototype.Name}: its patch of {one.Prototype.Source!.ImageId} does not lie on the object");
        if (missing > 0) Console.WriteLine($"  {missing} could not be measured: their photographs are not recorded or not in this data set");
        Console.WriteLine($"Largest difference between a logit and its contributions: {found.LargestSumError:G3} ({found.Images} photographs)");
        Console.WriteLine(found.Passed ? "All checks passed." : "Some checks failed.");
        int ended = UnreadablePhotographs.AtTheEnd(dataset.LeftOut.Count);
        return found.Passed ? ended : NotAsClaimed;
    }
}
