using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet;

// A checkpoint of the published PyTorch code (.pth, .pt or safetensors) becomes an ML.NET model, without Python:
//     dotnet run -c Release --project examples/PyTorchImport -- checkpoint.pth photographs model.zip
// photographs are those of training, one folder per class, as the original saw them; each prototype is searched in them.
if (args is not [var checkpoint, var folder, var output])
{
    Console.Error.WriteLine("Give a checkpoint, the folder of its training photographs and the model.zip to write.");
    return 2;
}

ImageDataset photographs = ClassFolders.Load(folder).OnlyReadable();
ImportedProtoPNet imported = ProtoPNetImport.FromCheckpoint(checkpoint, new()
{
    // What no state dict says; safetensors files that this library wrote have the size in their metadata.
    ImageSize = checkpoint.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase) ? null : 224,
    ClassNames = photographs.Classes,
    TrainingPhotographs = [.. photographs.Train.Select(one => new LabelledPhotograph(photographs.PathOf(one), one.Label))],
});
using ProtoPNetTransformer network = imported.Transformer;
Console.WriteLine($"{imported.Architecture.Backbone}, {imported.Architecture.ImageSize} px, {network.Prototypes.Count} prototypes of {network.ClassNames.Count} classes");
Console.WriteLine($"{network.Prototypes.Count - imported.NotAPatch.Count} of them found in the photographs, such as "
    + $"{network.Prototypes[0].Name} in {network.Prototypes[0].Source?.ImageId ?? "none"}");

// From here on it is a model like any other.
var ml = new MLContext(seed: 1);
IDataView rows = ml.Data.LoadFromEnumerable(photographs.Test.Count > 0 ? photographs.Test : photographs.Train);
ITransformer load = ml.Transforms.LoadPhotographs("Image", photographs.Folder, "ImagePath").Fit(rows);
ITransformer names = ml.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(network.Transform(load.Transform(rows)));
ITransformer pipeline = new TransformerChain<ITransformer>(load, network, names);
IDataView scored = pipeline.Transform(rows);
int right = scored.GetColumn<string>("PredictedLabel").Zip(scored.GetColumn<string>("Label")).Count(pair => pair.First == pair.Second);
Console.WriteLine($"{right} of {scored.GetColumn<string>("Label").Count()} photographs are classified correctly");
ml.Model.Save(pipeline, rows.Schema, output);
return imported.NotAPatch.Count == 0 ? 0 : 3;
