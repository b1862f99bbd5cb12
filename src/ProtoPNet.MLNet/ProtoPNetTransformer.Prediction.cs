using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet;

/// <remarks>ML.NET's common interface of trained models: the column they read, and their parameters.</remarks>
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

    /// <summary>An image of any size. A column of encoded bytes works as well, whichever the model was trained on.</summary>
    DataViewType ISingleFeaturePredictionTransformer<ProtoPNetModelParameters>.FeatureColumnType { get; } = new ImageDataViewType();
}
