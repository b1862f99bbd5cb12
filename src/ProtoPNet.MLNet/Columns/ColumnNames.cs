namespace ProtoPNet.MLNet.Columns;

/// <summary>The columns that abstention reads and writes.</summary>
internal sealed record AbstentionNames(string Source, string PredictedLabel, string Familiarity, string Answer);

/// <summary>The columns that a model reads and writes.</summary>
internal sealed record ColumnNames(
    string Image = "Image", string Score = "Score", string PredictedLabel = "PredictedLabel", string Similarities = "Similarities",
    string Familiarity = "Familiarity");
