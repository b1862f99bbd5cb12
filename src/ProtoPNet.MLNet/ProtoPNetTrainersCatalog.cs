using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.MLNet;

/// <summary>ProtoPNet among ML.NET's trainers.</summary>
public static class ProtoPNetTrainersCatalog
{
    /// <summary>A trainer of ProtoPNet with the choices that are made most often.</summary>
    /// <param name="catalog"><c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">The label, a key column.</param>
    /// <param name="imageColumnName">The photographs.</param>
    /// <param name="backbone">The convolutional backbone; null: <see cref="Backbone.ResNet18"/>.</param>
    /// <param name="weights">What the backbone starts from; null: those that it brings, else random ones.</param>
    /// <param name="prototypesPerClass">Prototypes of each class.</param>
    /// <param name="schedule">The phases of training; null: <see cref="TrainingSchedule.Default"/>.</param>
    public static ProtoPNetTrainer ProtoPNet(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label", string imageColumnName = "Image", Backbone? backbone = null,
        PretrainedWeights? weights = null, int prototypesPerClass = 10, TrainingSchedule? schedule = null)
        => catalog.ProtoPNet(new ProtoPNetTrainer.Options
        {
            LabelColumnName = labelColumnName,
            ImageColumnName = imageColumnName,
            Backbone = backbone ?? Backbone.ResNet18,
            Weights = weights ?? PretrainedWeights.None,
            PrototypesPerClass = prototypesPerClass,
            Schedule = schedule ?? TrainingSchedule.Default,
        });

    /// <summary>A trainer of ProtoPNet.</summary>
    /// <param name="catalog"><c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="options">All choices. They are copied.</param>
    public static ProtoPNetTrainer ProtoPNet(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, ProtoPNetTrainer.Options options)
        => new(CatalogUtils.GetEnvironment(catalog), options);
}
