using ProtoPNet.MLNet.Native;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Randomness;
using ProtoPNet.MLNet.Tests.Network;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Checkpoints;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Tests.Training;

public sealed class PrecisionTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Fact]
    public void Bfloat16_leaves_features_unchanged_if_no_stage_is_run()
    {
        using ProtoPNetNetwork network = new(SmallRun.Small, new DeterministicRandom(1));
        Tensor features = randn([2, 64, 8, 8], generator: new Generator(5));
        network.Train(follow: false, ScalarType.BFloat16);
        Assert.Equal(features.Floats(), network.Features.Run(features, 1, 1).Floats());
    }

    [Fact]
    public void Automatic_precision_trains_like_the_one_that_it_stands_for()
    {
        TrainingPrecision native = Bfloat16.IsNative ? TrainingPrecision.BFloat16 : TrainingPrecision.Full;
        foreach (TrainingPhase learns in new TrainingPhase[] { new Joint(1) { BatchSize = 4 }, new Steadying(1) { BatchSize = 4 } })
        {
            Assert.Equal(Run(learns, native), Run(learns, TrainingPrecision.Automatic));
            Assert.NotEqual(Run(learns, TrainingPrecision.Full).Weights, Run(learns, TrainingPrecision.BFloat16).Weights);
            Assert.Equal(TrainingPrecision.BFloat16, Run(learns, TrainingPrecision.BFloat16).Reported);
        }

        static (string Weights, TrainingPrecision? Reported) Run(TrainingPhase learns, TrainingPrecision precision)
        {
            using TrainingImages images = SmallRun.Pictures();
            TrainingSchedule schedule = new() { Precision = precision, Phases = [learns, new Projection()] };
            List<PhaseReport> reports = [];
            string weights = SmallRun.Train(images, schedule, folder: null, phaseEnded: (_, report) => reports.Add(report))!.Weights;
            Assert.Null(reports[1].Precision);
            return (weights, reports[0].Precision);
        }
    }

    [Fact]
    public void What_the_backbone_learned_in_is_known_after_resuming()
    {
        using TemporaryFolder folder = new();
        using TrainingImages images = SmallRun.Pictures();
        TrainingSchedule schedule = new() { Precision = TrainingPrecision.BFloat16, Phases = [new Joint(1) { BatchSize = 4 }, new Projection()] };
        SmallRun.Train(images, schedule, folder.Path);
        using Checkpoint found = Checkpoint.Find(folder.Path)!;
        Assert.Equal([TrainingPrecision.BFloat16, null], found.Description.Ended.Select(ended => ended.Precision));
    }

    [Theory]
    [InlineData(TrainingPrecision.Full, TrainingPrecision.Full)]
    [InlineData(TrainingPrecision.BFloat16, TrainingPrecision.BFloat16)]
    [InlineData(TrainingPrecision.Automatic, TrainingPrecision.Full)]
    public void On_a_gpu_automatic_precision_is_that_of_thirty_two_bits(TrainingPrecision wanted, TrainingPrecision used)
    {
        using TrainingImages images = SmallRun.Pictures();
        var context = new TrainingContext(new() { Precision = wanted, Phases = [new Projection()] }, images, 1, new Device(DeviceType.CUDA, 0));
        Assert.Equal(used, context.Precision);
    }

    [Theory]
    [InlineData(nameof(Backbone.ResNet18), true)]
    [InlineData(nameof(Backbone.ResNet18), false)]
    [InlineData(nameof(Backbone.Vgg11), false)]
    public void Sixteen_bits_give_nearly_the_gradients_of_thirty_two_and_leave_weights_and_evaluation_alone(string name, bool follow)
    {
        Backbone backbone = Backbone.Find(name)!;
        NetworkArchitecture architecture = new()
        {
            Backbone = backbone,
            Stages = 2,
            PrototypeDepth = 8,
            ImageSize = 32,
            Classes = 2,
            PrototypeClasses = [0, 0, 1, 1],
        };
        ProtoPNetNetwork network = new(architecture, new DeterministicRandom(1));
        Tensor images = randn([4, 3, 32, 32], generator: new Generator(5));
        network.eval();
        float[] before = network.call(images).Floats();

        float[] full = Gradients(ScalarType.Float32), half = Gradients(ScalarType.BFloat16);
        Assert.NotEqual(full, half);
        double cosine = System.Numerics.Tensors.TensorPrimitives.CosineSimilarity<float>(full, half);
        Assert.True(cosine > 0.98, $"{cosine}");
        Assert.All(network.parameters(), p => Assert.Equal(ScalarType.Float32, p.dtype));
        Assert.Equal(ScalarType.Float32, network.Features.call(images).dtype);
        if (follow) return; // statistics have moved
        network.eval();
        Assert.Equal(before, network.call(images).Floats());

        float[] Gradients(ScalarType type)
        {
            network.Train(follow, type);
            network.zero_grad();
            network.call(images).square().mean().backward();
            return [.. network.Features.parameters().SelectMany(p => p.grad!.Floats())];
        }
    }
}
