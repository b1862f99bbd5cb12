using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Training;

namespace ProtoPNet.MLNet;

/// <summary>Adds ProtoPNet to ML.NET's trainers.</summary>
public static class ProtoPNetTrainersCatalog
{
    /// <summary>Creates a ProtoPNet trainer with the most common options.</summary>
    /// <param name="catalog"><c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="labelColumnName">The label column, of key type.</param>
    /// <param name="imageColumnName">The image column.</param>
    /// <param name="backbone">The convolutional backbone; null for <see cref="Backbone.ResNet18"/>.</param>
    /// <param name="weights">The backbone's initial weights; null for those that it brings, or random weights if it brings none.</param>
    /// <param name="prototypesPerClass">Prototypes per class at the start; see <see cref="ProtoPNetTrainer.Options.PrototypesPerClass"/>.</param>
    /// <param name="schedule">The phases of training; null for those that suit the backbone and the number of classes, see
    /// <see cref="ProtoPNetTrainer.Options.ScheduleFor"/>.</param>
    public static ProtoPNetTrainer ProtoPNet(this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label", string imageColumnName = "Image", Backbone? backbone = null,
        PretrainedWeights? weights = null, int? prototypesPerClass = null, TrainingSchedule? schedule = null)
        => catalog.ProtoPNet(new ProtoPNetTrainer.Options
        {
            LabelColumnName = labelColumnName,
            ImageColumnName = imageColumnName,
            Backbone = backbone ?? Backbone.ResNet18,
            Weights = weights ?? PretrainedWeights.None,
            PrototypesPerClass = prototypesPerClass,
            Schedule = schedule,
        });

    /// <summary>Creates a trainer of the black box that a ProtoPNet is compared with: the same backbone, average pooling, a linear layer.</summary>
    /// <param name="catalog"><c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="options">All options; they are copied.</param>
    public static PooledImageClassifierTrainer PooledImageClassifier(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, PooledImageClassifierTrainer.Options options)
        => new(CatalogUtils.GetEnvironment(catalog), options);

    /// <summary>Creates a ProtoPNet trainer.</summary>
    /// <param name="catalog"><c>mlContext.MulticlassClassification.Trainers</c>.</param>
    /// <param name="options">All options; they are copied.</param>
    public static ProtoPNetTrainer ProtoPNet(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, ProtoPNetTrainer.Options options)
        => new(CatalogUtils.GetEnvironment(catalog), options);
}
