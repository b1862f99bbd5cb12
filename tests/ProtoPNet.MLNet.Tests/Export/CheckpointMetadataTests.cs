using System.Text;
using ProtoPNet.MLNet.Export.Checkpoints;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Tests.Persistence;
using ProtoPNet.MLNet.Tests.Weights;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Export;

public sealed class CheckpointMetadataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TrainedProtoPNet _model = SmallModel.Trained(backbone: Backbone.Vgg11);

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    private string Written(Func<string, string, string> change)
    {
        IReadOnlyDictionary<string, string> metadata = CheckpointMetadata.Of(_model).ToDictionary();
        Safetensors.Write(_folder.In("net"), StateDict.Of(_model.Network).Select(t => (t.Name, t.Tensor.detach())),
            metadata.ToDictionary(m => m.Key, m => change(m.Key, m.Value)));
        return _folder.In("net");
    }

    [Theory]
    [InlineData("protopnet.classes", """["a","b"]""")]
    [InlineData("protopnet.classes", """["a","b",null]""")]
    [InlineData("protopnet.classes", "Cardinal")]
    [InlineData("protopnet.prototype_classes", "[0,0,1,1,2,3]")]
    [InlineData("protopnet.image_size", "\"large\"")]
    [InlineData("protopnet.similarity", "\"cosine\"")]
    [InlineData("protopnet.prototypes", "[]")]
    [InlineData("protopnet.prototypes", "[null,null,null,null,null,null]")]
    public void Metadata_that_do_not_fit_are_refused_by_name(string key, string value)
    {
        var e = Assert.Throws<WeightsFormatException>(() => ProtoPNetImport.FromCheckpoint(Written((k, v) => k == key ? value : v)));
        Assert.Contains($"'{key}'", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("2000000000")]
    public void An_absurd_image_size_is_refused(string size)
        => Assert.Contains("image size", Assert.Throws<ArgumentException>(
            () => ProtoPNetImport.FromCheckpoint(Written((k, v) => k == "protopnet.image_size" ? size : v))).Message, StringComparison.Ordinal);

    [Fact]
    public void At_another_image_size_the_places_of_the_prototypes_are_left_out()
    {
        string path = Written((_, v) => v);
        using ProtoPNetTransformer same = ProtoPNetImport.FromCheckpoint(path).Transformer;
        Assert.Equal(5, same.Prototypes.Count(p => p.Source is not null));
        using ProtoPNetTransformer larger = ProtoPNetImport.FromCheckpoint(path, new() { ImageSize = 2 * SmallModel.Size }).Transformer;
        Assert.All(larger.Prototypes, p => Assert.Null(p.Source));
    }

    [Fact]
    public void The_similarity_function_and_the_latent_space_are_kept()
    {
        string path = Written((k, v) => k switch
        {
            "protopnet.similarity" => "\"linear\"",
            "protopnet.latent_space" => "\"sphere\"",
            _ => v,
        });
        ImportedProtoPNet imported = ProtoPNetImport.FromCheckpoint(path);
        using ProtoPNetTransformer transformer = imported.Transformer;
        Assert.Equal((SimilarityFunction.Linear, LatentSpace.Sphere), (imported.Architecture.Similarity, imported.Architecture.LatentSpace));
    }

    [Fact]
    public void Mutated_metadata_are_read_or_refused()
    {
        string[] keys = ["protopnet.classes", "protopnet.prototype_classes", "protopnet.image_size", "protopnet.similarity", "protopnet.prototypes"];
        for (int seed = 0; seed < 200; seed++)
        {
            string key = keys[seed % keys.Length];
            string path = Written((k, v) => k == key ? Encoding.UTF8.GetString(JsonMutator.Mutate(Encoding.UTF8.GetBytes(v), seed)) : v);
            try
            {
                ProtoPNetImport.FromCheckpoint(path).Transformer.Dispose();
            }
            catch (Exception e) when (e is WeightsFormatException or ArgumentException)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }
}
