using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Tests;

/// <summary>For single-threaded tests of a model: it stays valid until the transformer is disposed of.</summary>
internal static class ModelOfTransformer
{
    public static TrainedProtoPNet Inside(this ProtoPNetTransformer transformer)
    {
        using SharedModel.Loan loan = transformer.Borrow();
        return loan.Model;
    }
}
