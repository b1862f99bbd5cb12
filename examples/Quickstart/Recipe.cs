using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;

namespace Quickstart;

/// <summary>The data and trainer options: small enough to train from random weights on two cores in a few minutes.</summary>
internal static class Recipe
{
    public static BirdOptions Birds { get; } = new() { Species = 8, TrainPerSpecies = 40, TestPerSpecies = 20, Size = 128, Seed = 1 };

    public static ProtoPNetTrainer.Options Trainer() => new()
    {
        Backbone = Backbone.ResNet18,
        Stages = 2,
        ImageSize = 64,
        PrototypesPerClass = 5,
        PrototypeDepth = 32,
        Seed = 1,
        Schedule = new TrainingSchedule
        {
            // There are no pretrained weights to preserve, so batch norms are updated while the backbone trains.
            BatchNorm = BatchNormMode.Follow,
            Loss = TrainingSchedule.Default.Loss,
            Augmentation = Augmentation.Paper,
            Phases =
            [
                new Joint(18) { BatchSize = 20, BackboneRate = 1e-3, AddOnRate = 3e-3, PrototypeRate = 3e-3, Decay = new RateDecay.Cosine() },
                new Projection(),
                new LastLayerFit(1e-3) { Views = 3 },
            ],
        },
    };
}
