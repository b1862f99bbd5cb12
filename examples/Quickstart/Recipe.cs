using ProtoPNet.Datasets;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;

namespace Quickstart;

/// <summary>What is learned, from what: small enough for two cores and a few minutes, from random weights.</summary>
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
            // Nothing pretrained stands here that must be kept: batch norms may follow the birds while the backbone learns.
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
