using Xunit;

namespace ProtoPNet.MLNet.Tests;

/// <summary>Tests of state that belongs to the process; no other test runs concurrently.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
