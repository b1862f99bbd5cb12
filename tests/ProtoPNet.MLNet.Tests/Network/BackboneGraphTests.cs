using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Import;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Tests.Import;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Network;

public sealed class BackboneGraphTests
{
    [Fact]
    public void Stages_of_the_seventeen_have_the_strides_that_they_always_had()
    {
        foreach (Backbone backbone in Backbone.Published)
        {
            BackboneGraph graph = backbone.Graph;
            IReadOnlyDictionary<string, long[]> shapes = graph.Shapes(224);
            bool vgg = graph.Name.StartsWith("vgg", StringComparison.Ordinal), dense = graph.Name.StartsWith("dense", StringComparison.Ordinal);
            long[] strides = vgg ? [2, 4, 8, 16, 32] : dense ? [8, 16, 32, 32] : [4, 8, 16, 32];
            Assert.Equal(strides, graph.Stages.Select(s => 224 / shapes[s][2]));
            Assert.Equal(graph.Channels, shapes[graph.Output][1]);
            Assert.Equal(InputNormalisation.ImageNet, graph.Normalisation);
        }
    }

    [Fact]
    public void A_graph_as_JSON_is_the_same_graph_and_the_same_text()
    {
        foreach (BackboneGraph graph in Backbone.Published.Select(b => b.Graph))
        {
            string json = GraphJson.Write(graph);
            BackboneGraph read = GraphJson.Read(json);
            Assert.Equal(json, GraphJson.Write(read));
            Assert.Equal(graph.ToString(), read.ToString());
        }
        using ImportedBackbone imported = OnnxBackbones.Read(
            OnnxGoldenTests.Path("shufflenet_v2.onnx"), new() { Normalisation = InputNormalisation.MinusOneToOne });
        Assert.Equal(imported.Graph.ToString(), GraphJson.Read(GraphJson.Write(imported.Graph)).ToString());
    }

    [Theory]
    [InlineData("\"inputs\":3", "\"inputs\":0", "settings make no sense")]
    [InlineData("\"op\":\"Conv\"", "\"op\":\"Run\"", "damaged")]
    [InlineData("[\"images\"]", "[\"nothing\"]", "reads 'nothing'")]
    [InlineData("\"stages\":[\"features.3\"", "\"stages\":[\"features.99\"", "computes no such tensor")]
    [InlineData("\"kernel\":3,\"stride\":1", "\"kernel\":3,\"stride\":-1", "settings make no sense")]
    [InlineData("\"name\":\"features.1\"", "\"name\":\"features.0\"", "two nodes of that name")]
    public void Damaged_descriptions_are_refused(string original, string changed, string reason)
    {
        string json = GraphJson.Write(Backbone.Vgg11Bn.Graph);
        Assert.Contains(original, json, StringComparison.Ordinal);
        int at = json.IndexOf(original, StringComparison.Ordinal);
        json = json[..at] + changed + json[(at + original.Length)..];
        BackboneGraphException refused = Assert.Throws<BackboneGraphException>(() => GraphJson.Read(json));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cutting_where_other_tensors_go_round_is_refused()
    {
        BackboneGraph graph = Backbone.ResNet18.Graph;
        BackboneGraphException refused = Assert.Throws<BackboneGraphException>(
            () => new BackboneGraph("birds", graph.Input, graph.Nodes, ["layer1.0.conv1", graph.Output], graph.Normalisation));
        Assert.Contains("cannot be cut at 'layer1.0.conv1': other tensors go round it", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Images_that_are_too_small_are_refused_with_the_node()
    {
        BackboneGraphException refused = Assert.Throws<BackboneGraphException>(() => Backbone.Vgg11.Graph.Shapes(16));
        Assert.Equal("features.20", refused.Node);
        Assert.Contains("take larger images or fewer stages (images of 16 px)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folding_leaves_no_norm_behind_a_convolution()
    {
        BackboneGraph folded = new GraphFolding(Backbone.ResNet50.Graph).Graph;
        Assert.DoesNotContain(folded.Nodes, n => n.Operation is BatchNorm);
        Assert.All(folded.Nodes.Select(n => n.Operation).OfType<Convolution>(), c => Assert.True(c.Bias));
        Assert.Contains(new GraphFolding(Backbone.DenseNet121.Graph).Graph.Nodes, n => n.Operation is BatchNorm);
    }
}
