using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Import;
using ProtoPNet.MLNet.Native;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Weights;

namespace ProtoPNet.MLNet;

/// <summary>Backbones that are read from files: <c>Backbone.Onnx(path)</c>, <c>Backbone.DnnResNet18</c>.</summary>
public static class OnnxBackboneExtensions
{
    extension(Backbone)
    {
        /// <summary>
        /// The ResNet-18 of ML.NET's package <c>Microsoft.ML.DnnImageFeaturizer.ResNet18</c>, with its ImageNet weights: found beside the
        /// application, where the package puts it, in the folder of NuGet's packages, or in the folder that the environment variable
        /// <c>PROTOPNET_DNN_MODELS</c> names.
        /// </summary>
        /// <exception cref="FileNotFoundException">Its file is nowhere; the message names the package.</exception>
        public static Backbone DnnResNet18
        {
            get
            {
                Libtorch.Require();
                return DnnImageModels.ResNet18();
            }
        }

        /// <summary>Any image classifier in the ONNX format (opset 7 to 21), with its weights.</summary>
        /// <param name="path">The file.</param>
        /// <param name="normalisation">What it was trained with; null: <see cref="InputNormalisation.ImageNet"/>.</param>
        /// <param name="channels">The order of colours that it was trained with.</param>
        /// <param name="cut">The tensor to end at, N × channels × rows × columns; null: the last map before everything is pooled.</param>
        /// <exception cref="FileNotFoundException">There is no such file.</exception>
        /// <exception cref="WeightsFormatException">It is damaged or not ONNX.</exception>
        /// <exception cref="BackboneGraphException">It cannot be a backbone; the message says why, and what would help.</exception>
        public static Backbone Onnx(
            string path, InputNormalisation? normalisation = null, ChannelOrder channels = ChannelOrder.Rgb, string? cut = null)
        {
            ArgumentException.ThrowIfNullOrEmpty(path);
            Libtorch.Require();
            return OnnxFileBackbone.Of(path, new(cut) { Normalisation = normalisation ?? InputNormalisation.ImageNet, Channels = channels });
        }
    }
}
