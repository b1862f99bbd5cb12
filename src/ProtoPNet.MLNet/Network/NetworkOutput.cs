using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network;

/// <summary>The network's output for a batch: logits N × K, similarities N × P, and the squared distances N × P they are computed from.</summary>
internal readonly record struct NetworkOutput(Tensor Logits, Tensor Similarities, Tensor MinDistances);
