using ProtoPNet.MLNet.Training;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

public class AdamTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1e-3)]
    public void It_moves_parameters_as_TorchSharps_own_does(double decay)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        Tensor start = randn([4, 3], generator: generator), target = randn([4, 3], generator: generator);
        Parameter ours = new(start.clone()), theirs = new(start.clone()), still = new(start.clone());
        using MLNet.Training.Adam adam = new([ours], [still]);
        optim.Optimizer reference = optim.Adam([theirs], 0.05, weight_decay: decay);
        for (int step = 0; step < 20; step++)
        {
            adam.ZeroGradients();
            (ours - target).pow(4).sum().backward();
            adam.With((0.05, decay), (0.05, decay)).Step();
            reference.zero_grad();
            (theirs - target).pow(4).sum().backward();
            reference.step();
            Assert.Equal(
                theirs.data<float>().ToArray().Select(x => (double)x), ours.data<float>().ToArray().Select(x => (double)x),
                (a, b) => Math.Abs(a - b) < 1e-6);
        }
        Assert.Equal(start.data<float>().ToArray(), still.data<float>().ToArray());
        Assert.Equal([20, 0], adam.All.Select(m => m.Steps));
    }
}
