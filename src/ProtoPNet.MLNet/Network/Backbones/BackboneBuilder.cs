namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>Builds backbones from their plans.</summary>
internal static class BackboneBuilder
{
    /// <summary>A backbone cut after <paramref name="stages"/> stages (null: whole), all weights zero, batch norms as constructed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The backbone has no such stage.</exception>
    public static BackboneNetwork Build(Backbone backbone, int? stages)
    {
        BackbonePlan plan = BackbonePlans.Of(backbone);
        int cut = plan.CheckStages(stages);
        return plan switch
        {
            VggPlan vgg => new Vgg(vgg, cut),
            ResNetPlan resNet => new ResNet(resNet, cut),
            DenseNetPlan denseNet => new DenseNet(denseNet, cut),
            _ => throw new NotSupportedException($"Nothing builds a {plan.Name}."),
        };
    }
}
