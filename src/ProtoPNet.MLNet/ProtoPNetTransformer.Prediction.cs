using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet;

/// <remarks>The face that ML.NET's own trained models show: the column they read, and what they have learned.</remarks>
public sealed partial class ProtoPNetTransformer : ISingleFeaturePredictionTransformer<ProtoPNetModelParameters>
{
    /// <summary>The prototypes and the last layer.</summary>
    /// <exception cref="ObjectDisposedException">The transformer has been disposed of.</exception>
    ProtoPNetModelParameters IPredictionTransformer<ProtoPNetModelParameters>.Model
    {
        get
        {
            using SharedModel.Loan loan = Borrow();
            return new(loan.Model);
        }
    }

    /// <summary><see cref="ImageColumnName"/>.</summary>
    string ISingleFeaturePredictionTransformer<ProtoPNetModelParameters>.FeatureColumnName => ImageColumnName;

    /// <summary>An image of any size. A column of encoded bytes is read as well, whichever of the two the model was trained on.</summary>
    DataViewType ISingleFeaturePredictionTransformer<ProtoPNetModelParameters>.FeatureColumnType { get; } = new ImageDataViewType();
}
