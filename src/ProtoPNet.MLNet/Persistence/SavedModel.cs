using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>All that a model file holds of a transformer.</summary>
internal sealed record SavedModel(TrainedProtoPNet Model, ClassLabels Labels, ColumnNames Columns, int BatchSize);
