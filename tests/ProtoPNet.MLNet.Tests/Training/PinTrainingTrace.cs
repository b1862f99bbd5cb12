using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Rewrites the pinned trace. Runs only on request; see the README of the golden numbers.</summary>
public sealed class PinTrainingTrace
{
    [Fact(Explicit = true)]
    public void Write() => File.WriteAllText(
        Path.Combine(Shared.Root, "tests", "ProtoPNet.MLNet.Tests", "Golden", TrainingTrace.Pinned), TrainingTrace.Json());
}
