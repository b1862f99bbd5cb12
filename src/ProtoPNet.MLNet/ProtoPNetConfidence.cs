using Microsoft.ML;
using Microsoft.ML.Data;
using ProtoPNet.MLNet.Confidence;

namespace ProtoPNet.MLNet;

/// <summary>How far predictions can be believed, measured on scored rows: of a ProtoPNet, or of any other classifier of ML.NET.</summary>
public static class ProtoPNetConfidence
{
    /// <summary>Measures the calibration of class probabilities. Rows without a label, or of a class that has no score, are left out.</summary>
    /// <param name="catalog"><c>mlContext.MulticlassClassification</c>.</param>
    /// <param name="scored">Rows that a model has scored; read once.</param>
    /// <param name="labelColumnName">The column of true classes, keys.</param>
    /// <param name="scoreColumnName">The column of class probabilities.</param>
    /// <param name="bins">The number of bins of the reliability diagram.</param>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of another type.</exception>
    /// <exception cref="ArgumentException">No row is left, or a score is not a probability.</exception>
    public static CalibrationMetrics EvaluateCalibration(
        this MulticlassClassificationCatalog catalog, IDataView scored, string labelColumnName = "Label", string scoreColumnName = "Score",
        int bins = CalibrationMetrics.UsualBins)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(scored);
        DataViewSchema.Column label = Column(scored, labelColumnName, type => type is KeyDataViewType key && key.RawType == typeof(uint), "Key<UInt32>");
        DataViewSchema.Column score = Column(scored, scoreColumnName,
            type => type is VectorDataViewType { ItemType: NumberDataViewType item } && item == NumberDataViewType.Single, "Vector<Single>");
        List<float[]> probabilities = [];
        List<int> labels = [];
        using DataViewRowCursor cursor = scored.GetRowCursor([label, score]);
        ValueGetter<uint> readLabel = cursor.GetGetter<uint>(label);
        ValueGetter<VBuffer<float>> readScore = cursor.GetGetter<VBuffer<float>>(score);
        uint key = 0;
        VBuffer<float> values = default;
        while (cursor.MoveNext())
        {
            readLabel(ref key);
            readScore(ref values);
            if (key == 0 || key > values.Length) continue;
            probabilities.Add([.. values.DenseValues()]);
            labels.Add((int)key - 1);
        }
        return CalibrationMetrics.Of(probabilities, labels, bins);
    }

    private static DataViewSchema.Column Column(IDataView scored, string name, Func<DataViewType, bool> fits, string expected)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        DataViewSchema.Column column = scored.Schema.GetColumnOrNull(name)
            ?? throw new ArgumentOutOfRangeException(nameof(scored), $"Could not find column '{name}'.");
        return fits(column.Type) ? column : throw new ArgumentOutOfRangeException(
            nameof(scored), $"Schema mismatch for column '{name}': expected {expected}, got {column.Type}.");
    }
}
