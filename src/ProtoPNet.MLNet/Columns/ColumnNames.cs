namespace ProtoPNet.MLNet.Columns;

/// <summary>The columns that a model reads and writes.</summary>
internal sealed record ColumnNames(
    string Image = "Image", string Score = "Score", string PredictedLabel = "PredictedLabel", string Similarities = "Similarities");
