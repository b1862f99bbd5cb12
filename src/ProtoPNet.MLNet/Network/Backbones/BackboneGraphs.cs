namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>The graphs of the seventeen backbones; tensors are named as in torchvision, so that its weights fit.</summary>
internal static class BackboneGraphs
{
    /// <summary>A complete backbone, without the original classifier.</summary>
    public static BackboneGraph Of(Backbone backbone) => backbone switch
    {
        Backbone.Vgg11 => Vgg.Graph("vgg11", [1, 1, 2, 2, 2], false),
        Backbone.Vgg13 => Vgg.Graph("vgg13", [2, 2, 2, 2, 2], false),
        Backbone.Vgg16 => Vgg.Graph("vgg16", [2, 2, 3, 3, 3], false),
        Backbone.Vgg19 => Vgg.Graph("vgg19", [2, 2, 4, 4, 4], false),
        Backbone.Vgg11Bn => Vgg.Graph("vgg11_bn", [1, 1, 2, 2, 2], true),
        Backbone.Vgg13Bn => Vgg.Graph("vgg13_bn", [2, 2, 2, 2, 2], true),
        Backbone.Vgg16Bn => Vgg.Graph("vgg16_bn", [2, 2, 3, 3, 3], true),
        Backbone.Vgg19Bn => Vgg.Graph("vgg19_bn", [2, 2, 4, 4, 4], true),
        Backbone.ResNet18 => ResNet.Graph("resnet18", [2, 2, 2, 2], false),
        Backbone.ResNet34 => ResNet.Graph("resnet34", [3, 4, 6, 3], false),
        Backbone.ResNet50 => ResNet.Graph("resnet50", [3, 4, 6, 3], true),
        Backbone.ResNet101 => ResNet.Graph("resnet101", [3, 4, 23, 3], true),
        Backbone.ResNet152 => ResNet.Graph("resnet152", [3, 8, 36, 3], true),
        Backbone.DenseNet121 => DenseNet.Graph("densenet121", 64, 32, [6, 12, 24, 16]),
        Backbone.DenseNet161 => DenseNet.Graph("densenet161", 96, 48, [6, 12, 36, 24]),
        Backbone.DenseNet169 => DenseNet.Graph("densenet169", 64, 32, [6, 12, 32, 32]),
        Backbone.DenseNet201 => DenseNet.Graph("densenet201", 64, 32, [6, 12, 48, 32]),
        _ => throw new ArgumentOutOfRangeException(nameof(backbone), backbone, "There is no such backbone."),
    };
}
