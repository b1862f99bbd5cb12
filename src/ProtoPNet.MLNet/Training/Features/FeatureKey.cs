using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Training.Features;

/// <summary>
/// Names kept features by what they are computed from: graph and weights of the frozen stages, image size, the photographs' pixels, the views of
/// them, and what decides how features are rounded.
/// </summary>
internal sealed class FeatureKey(TrainingImages images)
{
    private const string Version = "ProtoPNet.MLNet features 2";
    private byte[][]? _photographs;

    /// <summary>The name, in hexadecimal digits.</summary>
    /// <param name="network">The network.</param>
    /// <param name="engine">What computes its backbone, <see cref="InferenceFeatures.Engine"/>.</param>
    /// <param name="stages">The frozen leading stages.</param>
    /// <param name="wanted">The views.</param>
    public string Of(ProtoPNetNetwork network, string engine, int stages, WantedFeatures wanted)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable mode = no_grad();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        BackboneGraph graph = network.Features.Graph.Cut(stages);
        Add(hash, string.Create(
            CultureInfo.InvariantCulture, $"{Version}\n{wanted.Code.Name}\n{network.Architecture.ImageSize}\n"));
        Add(hash, $"{network.PrototypeVectors.device.type}\n{engine} {Instructions}\n{GraphJson.Write(graph)}\n");
        Dictionary<string, Tensor> weights = StateDict.Of(network.Features).ToDictionary(pair => pair.Name, pair => pair.Tensor);
        using (var frozen = new BackboneNetwork(graph))
            foreach ((string name, _) in StateDict.Of(frozen))
            {
                Add(hash, name);
                hash.AppendData(weights[name].cpu().contiguous().bytes);
            }
        _photographs ??= [.. Enumerable.Range(0, images.Count).Select(Photograph)];
        Span<byte> numbers = stackalloc byte[12 * sizeof(double) + 3 * sizeof(float)];
        foreach (ViewRequest request in wanted.Views)
        {
            hash.AppendData(_photographs[request.Image]);
            Write(request.View, numbers);
            hash.AppendData(numbers);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The instructions that an engine may choose its kernels by.</summary>
    private static string Instructions
        => $"{Avx2.IsSupported} {Avx512F.IsSupported} {AvxVnni.IsSupported} {AdvSimd.IsSupported}";

    private byte[] Photograph(int index)
    {
        using PixelStore.Lease lease = images.Pixels.Borrow(index);
        (int width, int height) = images.Pixels.SizeOf(index);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Add(hash, string.Create(CultureInfo.InvariantCulture, $"{width}×{height}"));
        hash.AppendData(lease.Image.Pixels);
        return hash.GetHashAndReset();
    }

    private static void Add(IncrementalHash hash, string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));

    private static void Write(View view, Span<byte> numbers)
    {
        (Homography m, ColourShift c, PixelNoise n) = (view.Map, view.Colours, view.Noise ?? default);
        ReadOnlySpan<double> reals = [m.Xx, m.Xy, m.X1, m.Yx, m.Yy, m.Y1, m.Wx, m.Wy, m.W1, n.Deviation, n.Limit];
        for (int i = 0; i < reals.Length; i++) BinaryPrimitives.WriteDoubleLittleEndian(numbers[(i * sizeof(double))..], reals[i]);
        BinaryPrimitives.WriteUInt64LittleEndian(numbers[(reals.Length * sizeof(double))..], n.Seed);
        ReadOnlySpan<float> colours = [c.Brightness, c.Contrast, c.Saturation];
        for (int i = 0; i < colours.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(numbers[((reals.Length + 1) * sizeof(double) + i * sizeof(float))..], colours[i]);
    }
}
