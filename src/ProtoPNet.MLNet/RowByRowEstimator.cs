using Microsoft.ML;

namespace ProtoPNet.MLNet;

/// <summary>An estimator that learns nothing: it checks columns and makes its transformer.</summary>
/// <typeparam name="TTransformer">The transformer.</typeparam>
public abstract class RowByRowEstimator<TTransformer> : IEstimator<TTransformer> where TTransformer : RowByRowTransformer
{
    private protected RowByRowEstimator()
    {
    }

    /// <summary>Checks the columns of <paramref name="input"/>; nothing is learned.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public TTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        TTransformer transformer = Create();
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return Outputs(inputSchema);
    }

    private protected abstract TTransformer Create();

    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    private protected abstract SchemaShape Outputs(SchemaShape input);
}
