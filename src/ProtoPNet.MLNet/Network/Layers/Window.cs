namespace ProtoPNet.MLNet.Network.Layers;

/// <summary>The square window that a convolution or pooling layer slides over its input.</summary>
internal readonly record struct Window(int Kernel, int Stride = 1, int Padding = 0);
