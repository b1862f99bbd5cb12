using System.Text.Json;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Network;

/// <summary>Compares all backbones with the published implementation on the same weights and images.</summary>
public sealed class BackboneGoldenTests
{
    private const double Tolerance = 1e-4;

    public static IEnumerable<TheoryDataRow<int>> Entries
        => Shared.Golden("backbones.json").EnumerateArray().Select((entry, i) => new TheoryDataRow<int>(i)
        {
            TestDisplayName = $"{entry.GetProperty("architecture").GetString()}, {entry.GetProperty("add_on").GetString()}",
        });

    [Theory, MemberData(nameof(Entries))]
    public void Network_computes_what_the_published_one_does(int entry)
    {
        JsonElement golden = Shared.Golden("backbones.json")[entry];
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        using ProtoPNetNetwork network = GoldenGenerator.Network(golden);

        (string, string)[] tensors = [.. golden.GetProperty("tensors").EnumerateArray().Select(t => (t[0].GetString()!, t[1].GetRawText()))];
        Dictionary<string, string> shapes = StateDict.Of(network).ToDictionary(pair => pair.Name, pair => $"[{string.Join(',', pair.Tensor.shape)}]");
        shapes["ones"] = shapes["prototype_vectors"];
        Assert.Equal(tensors, GoldenGenerator.Names(network).Select(name => (name, shapes[name])));

        LatentMap latent = network.Latent(GoldenGenerator.NormalisedImages(60000, 2, network.Architecture.ImageSize));
        Assert.Equal(Longs(golden, "features_shape"), latent.Values.shape);
        float[] features = latent.Values.Floats();
        Arrays.AssertClose(Floats(golden, "features_value"), [.. Longs(golden, "features_index").Select(i => features[i])], Tolerance);

        NetworkOutput output = network.Classify(latent);
        Arrays.AssertClose(Floats(golden, "min_distances"), output.MinDistances.Floats(), Tolerance);
        Arrays.AssertClose(Floats(golden, "logits"), output.Logits.Floats(), Tolerance);
    }

    [Theory, MemberData(nameof(Entries))]
    public void Receptive_field_is_the_published_one(int entry)
    {
        JsonElement golden = Shared.Golden("backbones.json")[entry];
        foreach (JsonProperty size in golden.GetProperty("receptive_field").EnumerateObject())
        {
            NetworkArchitecture architecture = GoldenGenerator.Architecture(golden) with { ImageSize = int.Parse(size.Name) };
            ReceptiveAxis axis = ReceptiveField.Of(architecture).Rows;
            Assert.Equal(size.Value.Deserialize<double[]>()!, new double[] { axis.Cells, axis.Jump, axis.Size, axis.Start });
        }
    }

    private static long[] Longs(JsonElement golden, string name) => golden.GetProperty(name).Deserialize<long[]>()!;

    private static float[] Floats(JsonElement golden, string name) => golden.GetProperty(name).Deserialize<float[]>()!;
}
