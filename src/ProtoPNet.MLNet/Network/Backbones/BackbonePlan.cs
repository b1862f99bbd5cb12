using ProtoPNet.MLNet.Network.Layers;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>What a backbone consists of, before a single tensor is made.</summary>
internal abstract record BackbonePlan(string Name, int Stages)
{
    /// <summary>The network after <paramref name="stages"/> stages.</summary>
    public abstract BackboneNetwork Build(int stages);

    /// <summary>The windows on the longest path through that network, in order: they make the receptive field.</summary>
    public abstract IEnumerable<Window> Windows(int stages);

    /// <summary>The number of stages meant: all where nothing is said.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such stage.</exception>
    public int CheckStages(int? stages)
        => stages is null ? Stages
            : stages >= 1 && stages <= Stages ? stages.Value
            : throw new ArgumentOutOfRangeException(nameof(stages), stages, $"{Name} has {Stages} stages: cut it after 1 to {Stages}.");

    /// <summary>The plan of each of the seventeen.</summary>
    public static BackbonePlan Of(Backbone backbone) => backbone switch
    {
        Backbone.Vgg11 => new VggPlan("vgg11", [1, 1, 2, 2, 2], false),
        Backbone.Vgg13 => new VggPlan("vgg13", [2, 2, 2, 2, 2], false),
        Backbone.Vgg16 => new VggPlan("vgg16", [2, 2, 3, 3, 3], false),
        Backbone.Vgg19 => new VggPlan("vgg19", [2, 2, 4, 4, 4], false),
        Backbone.Vgg11Bn => new VggPlan("vgg11_bn", [1, 1, 2, 2, 2], true),
        Backbone.Vgg13Bn => new VggPlan("vgg13_bn", [2, 2, 2, 2, 2], true),
        Backbone.Vgg16Bn => new VggPlan("vgg16_bn", [2, 2, 3, 3, 3], true),
        Backbone.Vgg19Bn => new VggPlan("vgg19_bn", [2, 2, 4, 4, 4], true),
        Backbone.ResNet18 => new ResNetPlan("resnet18", [2, 2, 2, 2], false),
        Backbone.ResNet34 => new ResNetPlan("resnet34", [3, 4, 6, 3], false),
        Backbone.ResNet50 => new ResNetPlan("resnet50", [3, 4, 6, 3], true),
        Backbone.ResNet101 => new ResNetPlan("resnet101", [3, 4, 23, 3], true),
        Backbone.ResNet152 => new ResNetPlan("resnet152", [3, 8, 36, 3], true),
        Backbone.DenseNet121 => new DenseNetPlan("densenet121", 64, 32, [6, 12, 24, 16]),
        Backbone.DenseNet161 => new DenseNetPlan("densenet161", 96, 48, [6, 12, 36, 24]),
        Backbone.DenseNet169 => new DenseNetPlan("densenet169", 64, 32, [6, 12, 32, 32]),
        Backbone.DenseNet201 => new DenseNetPlan("densenet201", 64, 32, [6, 12, 48, 32]),
        _ => throw new ArgumentOutOfRangeException(nameof(backbone), backbone, "There is no such backbone."),
    };
}
