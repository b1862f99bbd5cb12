using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Transforms.Image;

// Scores an exported network in ML.NET, with neither this library nor libtorch:
//     dotnet run -c Release --project examples/OnnxScoring -- model.onnx photographs
// The photographs lie in folders named after their classes.
if (args is not [var model, var folder] || !File.Exists(model) || !Directory.Exists(folder))
{
    Console.Error.WriteLine("Give a file that 'protopnet export --format onnx' wrote and a folder of photographs.");
    return 2;
}

// What the network wants and says, from the file itself.
using var session = new InferenceSession(model);
Dictionary<string, string> about = session.ModelMetadata.CustomMetadataMap;
string[] classes = JsonSerializer.Deserialize<string[]>(about["protopnet.classes"])!;
float[] mean = JsonSerializer.Deserialize<float[]>(about["protopnet.mean"])!, deviation = JsonSerializer.Deserialize<float[]>(about["protopnet.std"])!;
int size = session.InputMetadata["image"].Dimensions[3];

var ml = new MLContext(seed: 1);
Photograph[] photographs = [.. Directory.EnumerateFiles(folder, "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
    .Select(path => new Photograph { ImagePath = Path.GetFullPath(path), Label = Path.GetFileName(Path.GetDirectoryName(path)!) })];
IDataView rows = ml.Data.LoadFromEnumerable(photographs);
SchemaDefinition normalised = SchemaDefinition.Create(typeof(Network));
normalised["image"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 1, 3, size, size);
IDataView scored = ml.Transforms.LoadImages("Picture", null, "ImagePath")
    .Append(ml.Transforms.ResizeImages("Picture", size, size, resizing: ImageResizingEstimator.ResizingKind.Fill))
    .Append(ml.Transforms.ExtractPixels("Pixels", "Picture", scaleImage: 1 / 255f))
    .Append(ml.Transforms.CustomMapping<Pixels, Network>(Normalise, null, outputSchemaDefinition: normalised))
    .Append(ml.Transforms.ApplyOnnxModel(["probabilities", "similarities"], ["image"], model))
    .Fit(rows).Transform(rows);

float[][] probabilities = [.. scored.GetColumn<float[]>("probabilities")];
int right = 0;
foreach ((Photograph photograph, float[] row) in photographs.Zip(probabilities))
{
    int best = Array.IndexOf(row, row.Max());
    Console.WriteLine($"{Path.GetRelativePath(folder, photograph.ImagePath)}: {classes[best]} ({row[best]:P1})");
    if (classes[best] == photograph.Label) right++;
}
Console.WriteLine($"accuracy {(double)right / photographs.Length:F3} on {photographs.Length} photographs, without libtorch");
return 0;

// Channel by channel: red, green, blue.
void Normalise(Pixels from, Network to)
{
    to.Image = new float[from.Values.Length];
    for (int i = 0; i < to.Image.Length; i++)
    {
        int channel = i / (size * size);
        to.Image[i] = (from.Values[i] - mean[channel]) / deviation[channel];
    }
}

internal sealed class Photograph
{
    public string ImagePath { get; set; } = "";

    public string Label { get; set; } = "";
}

internal sealed class Pixels
{
    [ColumnName("Pixels")]
    public float[] Values { get; set; } = [];
}

internal sealed class Network
{
    [ColumnName("image")]
    public float[] Image { get; set; } = [];
}
