namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>The plans of the seventeen backbones.</summary>
internal static class BackbonePlans
{
    /// <summary>What <paramref name="backbone"/> consists of.</summary>
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
