using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>The entry <c>Pooled.json</c> of a classifier without prototypes, which describes the other entry.</summary>
internal sealed record PooledDescription
{
    /// <summary>Incremented when an older reader would misread the file.</summary>
    public const int CurrentFormat = 1;

    public required int Format { get; init; }

    /// <summary>The version of the package that wrote the file, for information.</summary>
    public required string WrittenBy { get; init; }

    public required PooledArchitecture Architecture { get; init; }

    /// <summary>The type of the label values; null if the keys have none.</summary>
    public string? LabelType { get; init; }

    public required IReadOnlyList<string> Labels { get; init; }

    public required ColumnNames Columns { get; init; }

    public required int BatchSize { get; init; }

    /// <summary>The temperature that the linear layer was divided by.</summary>
    public required double Temperature { get; init; }

    public static PooledDescription Of(SavedPooled saved) => new()
    {
        Format = CurrentFormat,
        WrittenBy = ModelDescription.Writer,
        Architecture = saved.Model.Architecture,
        LabelType = saved.Labels.ItemType?.ToString(),
        Labels = saved.Labels.ToText(),
        Columns = saved.Columns,
        BatchSize = saved.BatchSize,
        Temperature = saved.Model.Temperature,
    };

    /// <exception cref="FormatException">It is inconsistent or of a later format; the message says what is wrong.</exception>
    public void Check()
    {
        Require(Format == CurrentFormat,
            $"it is of format {Format}; this version of ProtoPNet.MLNet reads {CurrentFormat}. It was written by {WrittenBy}.");
        try
        {
            Architecture.Check();
        }
        catch (ArgumentException e)
        {
            throw new FormatException(e.Message, e);
        }
        Require(Labels.Count == Architecture.Classes, $"it names {Labels.Count} labels for {Architecture.Classes} classes.");
        Require(!Labels.Contains(null!), "a label is null.");
        Require(Columns.Image != "" && Columns.Score != "" && Columns.PredictedLabel != "" && Columns.Score != Columns.PredictedLabel,
            $"its columns are '{Columns.Image}', '{Columns.Score}', '{Columns.PredictedLabel}'.");
        long pixels = 3L * Architecture.ImageSize * Architecture.ImageSize;
        Require(BatchSize is >= 1 and <= 65_536 && pixels * BatchSize <= Array.MaxLength, $"its batch size is {BatchSize}.");
        Require(Temperature is > 0 and < double.PositiveInfinity, $"its temperature is {Temperature}.");
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds) throw new FormatException(otherwise);
    }
}

/// <summary>The contents of a file of a classifier without prototypes.</summary>
internal sealed record SavedPooled(TrainedPooledClassifier Model, ClassLabels Labels, ColumnNames Columns, int BatchSize);
