using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Tests;

/// <summary>For tests that use a model on one thread: valid until they dispose of the transformer.</summary>
internal static class ModelOfTransformer
{
    public static TrainedProtoPNet Inside(this ProtoPNetTransformer transformer)
    {
        using SharedModel.Loan loan = transformer.Borrow();
        return loan.Model;
    }
}
