using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;
using ProtoPNet.MLNet.Network;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>Photographs as batches of network input; the next batch is decoded and rendered while the current one is in use.</summary>
internal static class InputBatches
{
    /// <summary>Photographs per batch.</summary>
    private const int Size = 16;

    /// <summary>One photograph's input: 3 × S × S.</summary>
    public static float[] Render(RgbImage image, NetworkArchitecture architecture)
        => new InputFormat(architecture.ImageSize, architecture.Backbone.Normalisation, CPU).Render(image);

    /// <summary>Calls <paramref name="use"/> for each batch with the photographs and their tensor (N × 3 × S × S) on the model's device.</summary>
    /// <exception cref="UnreadableImageException">One cannot be decoded.</exception>
    public static void ForEach(
        TrainedProtoPNet model, IEnumerable<AnalysedImage> images, Action<AnalysedImage[], Tensor> use, CancellationToken cancellation)
        => ForEach(InputFormat.Of(model), images, use, cancellation);

    /// <summary>The same for another network.</summary>
    /// <exception cref="UnreadableImageException">One cannot be decoded.</exception>
    public static void ForEach(
        InputFormat format, IEnumerable<AnalysedImage> images, Action<AnalysedImage[], Tensor> use, CancellationToken cancellation)
        => ForEach(format, images, (_, _) => View.Whole, use, cancellation);

    /// <inheritdoc cref="ForEach(InputFormat, IEnumerable{AnalysedImage}, Func{int, RgbImage, View}, Action{AnalysedImage[], Tensor}, CancellationToken)"/>
    public static void ForEach(
        TrainedProtoPNet model, IEnumerable<AnalysedImage> images, Func<int, RgbImage, View> view, Action<AnalysedImage[], Tensor> use,
        CancellationToken cancellation) => ForEach(InputFormat.Of(model), images, view, use, cancellation);

    /// <summary>The same with a view of each photograph, made from its number and its pixels.</summary>
    /// <exception cref="UnreadableImageException">One cannot be decoded.</exception>
    public static void ForEach(
        InputFormat format, IEnumerable<AnalysedImage> images, Func<int, RgbImage, View> view, Action<AnalysedImage[], Tensor> use,
        CancellationToken cancellation)
    {
        (int side, int number) = (format.Side, 0);
        using IEnumerator<AnalysedImage[]> chunks = images.Chunk(Size).GetEnumerator();
        Task<(AnalysedImage[] Images, float[] Pixels)?> next = Ahead();
        while (next.GetAwaiter().GetResult() is { } batch)
        {
            cancellation.ThrowIfCancellationRequested();
            next = Ahead();
            try
            {
                using DisposeScope scope = NewDisposeScope();
                using IDisposable mode = inference_mode();
                use(batch.Images, format.On(batch.Pixels, batch.Images.Length));
            }
            catch
            {
                // The enumerator is in use until then.
                ((IAsyncResult)next).AsyncWaitHandle.WaitOne();
                throw;
            }
        }

        Task<(AnalysedImage[], float[])?> Ahead() => Task.Run<(AnalysedImage[], float[])?>(() =>
        {
            if (!chunks.MoveNext()) return null;
            int length = 3 * side * side;
            float[] pixels = GC.AllocateUninitializedArray<float>(chunks.Current.Length * length);
            for (int i = 0; i < chunks.Current.Length; i++, number++)
            {
                RgbImage image = NetworkInput.Keep(chunks.Current[i].Decode(), side);
                ViewRenderer.Render(image, view(number, image), side, format.Normalisation, pixels.AsSpan(i * length, length));
            }
            return (chunks.Current, pixels);
        }, CancellationToken.None);
    }
}
