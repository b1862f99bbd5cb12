using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using ProtoPNet.MLNet.Columns;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Persistence;
using ProtoPNet.MLNet.Training;
using ProtoPNet.MLNet.Training.Pooled;

namespace ProtoPNet.MLNet;

public sealed partial class PooledImageClassifierTrainer
{
    /// <summary>Everything that can be chosen.</summary>
    public sealed class Options : ImageTrainerOptions
    {
        /// <summary>How it is trained.</summary>
        public PooledSchedule Schedule = PooledSchedule.FrozenBackbone;

        internal override ColumnNames Columns => new(ImageColumnName, ScoreColumnName, PredictedLabelColumnName);

        /// <summary>The network that these options describe, for K classes.</summary>
        internal PooledArchitecture Architecture(int classes) => new() { Backbone = Backbone, Stages = Stages, ImageSize = ImageSize, Classes = classes };

        /// <summary>A copy whose values are possible.</summary>
        internal Options Checked(IExceptionContext context)
        {
            CheckShared(context);
            context.CheckUserArg(ScoreColumnName != PredictedLabelColumnName, nameof(ScoreColumnName), "The output columns need different names.");
            context.CheckValue(Schedule, nameof(Schedule));
            if (Schedule.Fault is { } fault) throw context.ExceptUserArg(nameof(Schedule), fault);
            var copy = (Options)MemberwiseClone();
            copy.Architecture(2).Check();
            return copy;
        }
    }
}
