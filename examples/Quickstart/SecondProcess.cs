using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;

namespace Quickstart;

/// <summary>Loads the model as any ML.NET program would, and explains one bird in the terminal and as a picture.</summary>
internal static class SecondProcess
{
    public static int Run(string modelPath, string birdsFolder, string picturePath)
    {
        var ml = new MLContext();
        ITransformer model = ml.Model.Load(modelPath, out _);
        ProtoPNetTransformer network = ((IEnumerable<ITransformer>)model).OfType<ProtoPNetTransformer>().Single();

        // The pipeline itself loads and crops the picture, as in training.
        ImageRecord record = ProceduralBirds.Load(birdsFolder).Test[^1];
        IDataView scored = model.Transform(ml.Data.LoadFromEnumerable([record]));
        MLImage bird = scored.GetColumn<MLImage>("Image").Single();
        LocalExplanation explanation = network.Explain(bird);
        ClassEvidence evidence = explanation.For(explanation.Predicted.Index);
        Console.WriteLine(
            $"This bird is a {evidence.Class.Name} ({evidence.Class.Probability:P1}; it was painted as a {record.Label}), "
            + "because parts of it look like parts seen in training:");
        Console.WriteLine();
        Console.WriteLine($"   {"prototype",-28}{"similarity",10} × {"weight",7} = {"points",7}   seen in");
        foreach (Evidence line in evidence.Evidence)
            Console.WriteLine(
                $"   {line.Activation.Prototype.Name,-28}{line.Activation.Similarity,10:F3} × {line.Weight,7:F3} = {line.Points,7:F3}"
                + $"   {line.Activation.Prototype.Source!.ImageId}");
        Console.WriteLine($"   {$"{evidence.Remaining.Count} prototypes of other species",-48} = {evidence.Remaining.Points,7:F3}");
        Console.WriteLine($"   {"sum",-48} = {evidence.Sum,7:F3}   (the network's logit: {evidence.Class.Logit:F3})");
        Console.WriteLine();

        ExplanationPicture.Write(picturePath, bird, explanation, evidence);
        return Math.Abs(evidence.Sum - evidence.Class.Logit) < 1e-3 ? 0 : 1;
    }
}
