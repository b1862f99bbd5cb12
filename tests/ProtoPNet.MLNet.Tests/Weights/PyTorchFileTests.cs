using System.Text.Json;
using ProtoPNet.MLNet.Weights;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Weights;

public sealed class PyTorchFileTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    internal static string Checkpoint(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", "checkpoints", name);

    [Theory]
    [InlineData("state_dict.pth", "state_dict")]
    [InlineData("state_dict_legacy.pth", "state_dict")]
    [InlineData("training_checkpoint.pth", "state_dict")]
    [InlineData("data_parallel_parameters.pth", "state_dict")]
    [InlineData("whole_module.pth", "protopnet")]
    [InlineData("protopnet_state_dict.pth", "protopnet")]
    public void Every_form_of_checkpoint_holds_what_PyTorch_says(string file, string expectation)
    {
        JsonElement expected = Shared.Golden("checkpoints/expected.json").GetProperty(expectation);
        bool floatingOnly = file.StartsWith("data_parallel", StringComparison.Ordinal);
        using TensorFile weights = TensorFiles.Open(Checkpoint(file));

        string[] names = [.. expected.EnumerateObject().Where(t => !floatingOnly || IsFloating(t.Value)).Select(t => t.Name)];
        Assert.Equal(names.Order(), weights.Tensors.Select(t => t.Name).Order());
        foreach (string name in names)
        {
            JsonElement wanted = expected.GetProperty(name);
            Tensor tensor = weights.Load(name);
            Assert.Equal(wanted.GetProperty("dtype").GetString(), ElementType.Of(tensor.dtype).PyTorch);
            Assert.Equal(wanted.GetProperty("shape").EnumerateArray().Select(d => d.GetInt64()), tensor.shape);
            Assert.Equal(
                wanted.GetProperty("values").EnumerateArray().Select(v => v.GetDouble()),
                tensor.to_type(ScalarType.Float64).reshape(-1).data<double>().ToArray());
            Assert.True(tensor.is_contiguous());
        }
    }

    private static bool IsFloating(JsonElement tensor) => tensor.GetProperty("dtype").GetString()!.Contains("float", StringComparison.Ordinal);

    [Theory]
    [InlineData("malicious.pth", "posix.system")]
    [InlineData("malicious_legacy.pth", "posix.system")]
    public void A_call_that_weights_do_not_need_is_refused_by_its_name(string file, string name)
    {
        var e = Assert.Throws<WeightsFormatException>(() => TensorFiles.Open(Checkpoint(file)));
        Assert.Contains($"'{name}'", e.Reason, StringComparison.Ordinal);
        Assert.False(File.Exists("PWNED"));
        Assert.False(File.Exists(Path.Combine(AppContext.BaseDirectory, "PWNED")));
    }

    [Fact]
    public void The_real_file_equals_its_safetensors_twin()
    {
        using TensorFile pickled = TensorFiles.Open(Shared.Path("weights", "resnet18-layer3.pth"));
        using TensorFile safe = TensorFiles.Open(Shared.Path("weights", "resnet18-layer3.safetensors"));
        Assert.Equal(
            safe.Tensors.Select(t => t.Name).Order(),
            pickled.Tensors.Select(t => t.Name).Where(n => !n.EndsWith("num_batches_tracked", StringComparison.Ordinal)).Order());
        foreach (TensorInfo tensor in safe.Tensors)
            Assert.True(safe.Load(tensor.Name).equal(pickled.Load(tensor.Name)).all().item<bool>(), tensor.Name);
    }

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\n", "git lfs pull")]
    [InlineData("\n<!DOCTYPE html>", "web page")]
    [InlineData("\u0080\u0002}q", "pickle")]
    [InlineData("hello", "neither")]
    [InlineData("", "neither")]
    public void Other_files_are_refused_with_advice(string content, string advice)
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("other.pth", System.Text.Encoding.Latin1.GetBytes(content));
        Assert.Contains(advice, Assert.Throws<WeightsFormatException>(() => TensorFiles.Open(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named()
        => Assert.Contains(
            "no-such.pth", Assert.Throws<FileNotFoundException>(() => TensorFiles.Open("no-such.pth")).Message, StringComparison.Ordinal);
}
