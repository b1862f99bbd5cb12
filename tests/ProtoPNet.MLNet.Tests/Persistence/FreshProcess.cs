using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Persistence;

/// <summary>A process that references only ML.NET.</summary>
public class FreshProcess
{
    private const string Model = "PROTOPNET_TEST_MODEL", Picture = "PROTOPNET_TEST_PICTURE";

    /// <summary>Loads <paramref name="model"/> in another process and scores <paramref name="picture"/> there.</summary>
    /// <returns>Its output: the scores in brackets and the class names.</returns>
    public static string Run(string model, string picture, params (string Name, string Value)[] environment)
        => ChildProcess.Run(typeof(FreshProcess), nameof(Load_and_score), [(Model, model), (Picture, picture), .. environment]);

    [Fact(Explicit = true)]
    public void Load_and_score()
    {
        string model = Environment.GetEnvironmentVariable(Model) ?? throw new InvalidOperationException("Run by other tests only.");
        var ml = new MLContext();
        ITransformer loaded = ml.Model.Load(model, out _);
        IDataView data = ml.Data.LoadFromEnumerable(
            new List<Input> { new() { Image = MLImage.CreateFromFile(Environment.GetEnvironmentVariable(Picture)) } });
        IDataView scored = loaded.Transform(data);
        VBuffer<ReadOnlyMemory<char>> names = default;
        scored.Schema["Score"].GetSlotNames(ref names);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"[{string.Join(" ", scored.GetColumn<float[]>("Score").Single().Select(s => s.ToString("R")))}]"
            + $" {string.Join(" ", names.DenseValues())}");
    }

    private sealed class Input
    {
        [ImageType(30, 40)]
        public MLImage? Image { get; set; }
    }
}
