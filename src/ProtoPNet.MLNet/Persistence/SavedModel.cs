using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Persistence;

/// <summary>The contents of a model file.</summary>
internal sealed record SavedModel(TrainedProtoPNet Model, ClassLabels Labels, ColumnNames Columns, int BatchSize);
