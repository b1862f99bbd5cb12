using Xunit;

namespace ProtoPNet.MLNet.Tests.Training;

/// <summary>Writes the pinned trace anew. Runs only when asked for, as the README of the golden numbers says.</summary>
public sealed class PinTrainingTrace
{
    [Fact(Explicit = true)]
    public void Write() => File.WriteAllText(
        Path.Combine(Shared.Root, "tests", "ProtoPNet.MLNet.Tests", "Golden", TrainingTrace.Pinned), TrainingTrace.Json());
}
