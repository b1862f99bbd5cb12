using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network;

/// <summary>What the network says of a batch: logits N × K, similarities N × P, and the squared distances N × P that those come from.</summary>
internal readonly record struct NetworkOutput(Tensor Logits, Tensor Similarities, Tensor MinDistances);
