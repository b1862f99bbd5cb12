using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Network;

public sealed class StateDictTests
{
    [Fact]
    public void Weights_of_one_network_make_another_equal()
    {
        using DisposeScope scope = NewDisposeScope();
        using ProtoPNetNetwork one = new(ProtoPNetNetworkTests.Small(), new DeterministicRandom(1)), other = new(ProtoPNetNetworkTests.Small(), null);
        Dictionary<string, Tensor> weights = Weights(one);
        StateDict.Assign(other, weights.Keys, name => weights[name].to(ScalarType.Float64), "memory");
        Assert.All(StateDict.Of(other), pair => Assert.True(pair.Tensor.Equals(weights[pair.Name]), pair.Name));
    }

    [Fact]
    public void Mismatches_are_listed_by_name_and_nothing_is_copied()
    {
        using DisposeScope scope = NewDisposeScope();
        using ProtoPNetNetwork network = new(ProtoPNetNetworkTests.Small(), new DeterministicRandom(1));
        Dictionary<string, Tensor> weights = Weights(network);
        weights.Remove("add_on_layers.0.bias");
        weights["extra"] = zeros(3);
        weights["last_layer.weight"] = zeros(2, 7);
        weights["prototype_vectors"] = zeros(3, 8, 1, 1);
        StateDictMismatchException mismatch = Assert.Throws<StateDictMismatchException>(
            () => StateDict.Assign(network, weights.Keys, name => weights[name].clone(), "birds.safetensors"));
        Assert.Equal(["add_on_layers.0.bias"], mismatch.Missing);
        Assert.Equal(["extra"], mismatch.Surplus);
        Assert.Equal(["last_layer.weight (2×7, expected 2×3)"], mismatch.Misshapen);
        Assert.StartsWith("The weights in 'birds.safetensors' do not fit this network: 1 missing: add_on_layers.0.bias; 1 surplus: extra; "
            + "1 of another shape: last_layer.weight (2×7, expected 2×3).", mismatch.Message, StringComparison.Ordinal);
        Assert.NotEqual(0, network.PrototypeVectors.sum().item<float>());
    }

    [Fact]
    public void Long_lists_are_cut_short()
        => Assert.Contains("9 missing: 0, 1, 2, 3, 4 and 4 more.",
            new StateDictMismatchException("x", [.. Enumerable.Range(0, 9).Select(i => $"{i}")], [], []).Message, StringComparison.Ordinal);

    [Fact]
    public void Torchvisions_classifier_and_later_stages_are_left_away_and_nothing_else()
    {
        using DisposeScope scope = NewDisposeScope();
        using BackboneNetwork whole = new(Backbone.ResNet18.Graph), cut = new(Backbone.ResNet18.Graph.Cut(3));
        Dictionary<string, Tensor> weights = Weights(whole);
        weights["fc.weight"] = zeros(1000, 512);
        TorchvisionWeights.Load(cut, weights.Keys, name => weights[name].clone(), "resnet18");
        TorchvisionWeights.Load(whole, weights.Keys, name => weights[name].clone(), "resnet18");

        using BackboneNetwork larger = new(Backbone.ResNet34.Graph);
        Dictionary<string, Tensor> others = Weights(larger);
        StateDictMismatchException mismatch = Assert.Throws<StateDictMismatchException>(
            () => TorchvisionWeights.Load(whole, others.Keys, name => others[name].clone(), "resnet34"));
        Assert.Contains("layer4.2.conv1.weight", mismatch.Surplus);
        Assert.Empty(mismatch.Missing);
    }

    [Fact]
    public void Old_names_of_dense_layers_are_understood()
    {
        using DisposeScope scope = NewDisposeScope();
        using BackboneNetwork dense = new(Backbone.DenseNet121.Graph), cut = new(Backbone.DenseNet121.Graph.Cut(2));
        Dictionary<string, Tensor> old = Weights(dense).ToDictionary(
            pair => pair.Key.Contains("denselayer", StringComparison.Ordinal)
                ? pair.Key.Replace("norm1.", "norm.1.").Replace("norm2.", "norm.2.").Replace("conv1.", "conv.1.").Replace("conv2.", "conv.2.")
                : pair.Key, pair => pair.Value);
        TorchvisionWeights.Load(dense, old.Keys, name => old[name].clone(), "densenet121");
        TorchvisionWeights.Load(cut, old.Keys, name => old[name].clone(), "densenet121");
    }

    [Fact]
    public void Real_pretrained_weights_fit_the_cut_backbone()
    {
        using TensorFile file = TensorFiles.Open(Shared.Path("weights", "resnet18-layer3.safetensors"));
        using BackboneNetwork backbone = new(Backbone.ResNet18.Graph.Cut(3));
        TorchvisionWeights.Load(backbone, file.Tensors.Select(tensor => tensor.Name), file.Load, "resnet18-layer3.safetensors");
        Assert.All(StateDict.Of(backbone), pair => Assert.NotEqual(0, pair.Tensor.abs().sum().item<float>()));

        using BackboneNetwork whole = new(Backbone.ResNet18.Graph);
        Assert.Contains("layer4.0.conv1.weight", Assert.Throws<StateDictMismatchException>(
            () => TorchvisionWeights.Load(whole, file.Tensors.Select(tensor => tensor.Name), file.Load, "resnet18-layer3.safetensors")).Missing);
    }

    private static Dictionary<string, Tensor> Weights(nn.Module module)
        => StateDict.Of(module).ToDictionary(pair => pair.Name, pair => pair.Tensor);
}
