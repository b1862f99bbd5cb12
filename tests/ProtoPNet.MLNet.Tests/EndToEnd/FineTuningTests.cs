using Microsoft.ML;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.EndToEnd;

/// <summary>Going on from an earlier model, with other classes.</summary>
public sealed class FineTuningTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("model.zip")]
    [InlineData("model.safetensors")]
    public void Backbone_and_add_on_layers_are_taken_over(string file)
    {
        using TrainedProtoPNet earlier = SmallModel.Trained();
        string path = Saved(earlier, file);
        using ProtoPNetNetwork network = New(earlier.Architecture with { Classes = 2, PrototypeClasses = [0, 1] });
        Load(network, path);
        Assert.Equal(Values(earlier.Network.Features), Values(network.Features));
        Assert.Equal(Values(earlier.Network.AddOnLayers), Values(network.AddOnLayers));
    }

    [Fact]
    public void Add_on_layers_of_another_depth_stay_as_they_are()
    {
        using TrainedProtoPNet earlier = SmallModel.Trained();
        string path = Saved(earlier, "model.zip");
        using ProtoPNetNetwork network = New(earlier.Architecture with { PrototypeDepth = 4 });
        float[] before = Values(network.AddOnLayers);
        Load(network, path);
        Assert.Equal(Values(earlier.Network.Features), Values(network.Features));
        Assert.Equal(before, Values(network.AddOnLayers));
    }

    [Fact]
    public void A_model_of_another_backbone_is_refused()
    {
        using TrainedProtoPNet earlier = SmallModel.Trained();
        string path = Saved(earlier, "model.zip");
        using ProtoPNetNetwork network = New(earlier.Architecture with { Backbone = Backbone.Vgg11 });
        float[] before = Values(network.Features);
        Assert.Contains("model.zip", Assert.Throws<StateDictMismatchException>(() => Load(network, path)).Message, StringComparison.Ordinal);
        Assert.Equal(before, Values(network.Features));
    }

    private static ProtoPNetNetwork New(NetworkArchitecture architecture) => new(architecture, new(9));

    private static void Load(ProtoPNetNetwork network, string path)
    {
        if (EarlierModel.IsSaved(path))
        {
            EarlierModel.LoadSaved(network, path);
            return;
        }
        using MLNet.Weights.TensorFile tensors = MLNet.Weights.TensorFiles.Open(path);
        Assert.True(EarlierModel.Is(tensors));
        EarlierModel.Load(network, tensors.Tensors.Select(t => t.Name), tensors.Load, path);
    }

    private string Saved(TrainedProtoPNet model, string file)
    {
        string path = _folder.In(file);
        ProtoPNetTransformer transformer = SmallModel.Transformer(model);
        if (file.EndsWith(".zip", StringComparison.Ordinal)) new MLContext(1).Model.Save(transformer, null, path);
        else transformer.ExportStateDict(path);
        return path;
    }

    private static float[] Values(nn.Module module)
    {
        using DisposeScope scope = NewDisposeScope();
        return [.. StateDict.Of(module).SelectMany(t => t.Tensor.detach().to_type(ScalarType.Float32).flatten().data<float>().ToArray())];
    }
}
