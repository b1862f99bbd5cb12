using ProtoPNet.MLNet.Columns;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>All that a model file holds of a transformer.</summary>
internal sealed record SavedModel(TrainedProtoPNet Model, ClassLabels Labels, ColumnNames Columns, int BatchSize);
