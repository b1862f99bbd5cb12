using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>Measures whether explanations hold what decides, by painting over what they mark.</summary>
internal sealed class FaithfulnessMeasurement
{
    private static readonly double[] s_shares = [0.05, 0.1, 0.2, 0.4];

    private readonly IExplainedModel _model;
    private readonly int _side;
    private readonly PeakBoxes _boxes;
    private readonly int[] _changed = new int[s_shares.Length], _elsewhere = new int[s_shares.Length], _kept = new int[s_shares.Length];
    private readonly RunningMean _parts = new(), _object = new(), _area = new();
    private int _images;

    private FaithfulnessMeasurement(IExplainedModel model) => (_model, _side, _boxes) = (model, model.Format.Side, new(model.Format.Side));

    /// <exception cref="ArgumentException">There are no photographs.</exception>
    /// <exception cref="UnreadableImageException">One cannot be decoded.</exception>
    public static FaithfulnessReport Run(IExplainedModel model, IEnumerable<AnalysedImage> images, CancellationToken cancellation)
    {
        var measurement = new FaithfulnessMeasurement(model);
        var sizes = new Queue<(int Width, int Height)>();
        InputBatches.ForEach(model.Format, images.Select(image => image with { Load = () => Sized(image.Load()) }), (batch, inputs) =>
        {
            IReadOnlyList<ExplainedInput> explained = model.Explain(inputs);
            for (int n = 0; n < batch.Length; n++)
            {
                cancellation.ThrowIfCancellationRequested();
                (int width, int height) size;
                lock (sizes) size = sizes.Dequeue();
                measurement.Add(new(batch[n].Parts, size.width, size.height) { ObjectBox = batch[n].ObjectBox }, inputs[n], explained[n]);
            }
        }, cancellation);
        return measurement._images > 0 ? measurement.Report() : throw new ArgumentException("There are no photographs to measure explanations on.");

        RgbImage Sized(RgbImage image)
        {
            lock (sizes) sizes.Enqueue((image.Width, image.Height));
            return image;
        }
    }

    private void Add(AnnotatedInput image, Tensor input, ExplainedInput explained)
    {
        using DisposeScope scope = NewDisposeScope();
        (int Row, int Column) peak = Maps.Highest(explained.Map);
        if (image.Parts.Count > 0) _parts.Add(_boxes.Parts(peak, image).Count > 0 ? 1 : 0);
        if (image.ObjectBox is { } box)
            _object.Add(box.Contains((peak.Column + 0.5) * image.Width / _side, (peak.Row + 0.5) * image.Height / _side) ? 1 : 0);
        if (explained.Boxes.Count > 0) _area.Add(Covered(explained.Boxes) / ((double)_side * _side));

        int[] order = Descending(explained.Map);
        // The same shape at another place: moved around the edges by a random step that depends on the photograph's number alone.
        var random = new DeterministicRandom((ulong)_images++);
        (int down, int right) = (_side / 4 + random.NextInt(_side / 2), _side / 4 + random.NextInt(_side / 2));
        Tensor mean = input.mean([1, 2], keepdim: true).expand(3, _side, _side);
        var changed = new List<Tensor>();
        foreach (double share in s_shares)
        {
            Tensor marked = Mask(order, (int)Math.Round(share * order.Length)).to(input.device);
            Tensor moved = marked.roll([down, right], [0, 1]);
            changed.Add(where(marked, mean, input));
            changed.Add(where(moved, mean, input));
            changed.Add(where(marked, input, mean));
        }
        int[] after = _model.Predict(stack(changed));
        for (int s = 0; s < s_shares.Length; s++)
        {
            if (after[3 * s] != explained.Predicted) _changed[s]++;
            if (after[3 * s + 1] != explained.Predicted) _elsewhere[s]++;
            if (after[3 * s + 2] == explained.Predicted) _kept[s]++;
        }
    }

    private FaithfulnessReport Report() => new(_images, [.. s_shares.Select((share, s) => new DeletionPoint(
        share, (double)_changed[s] / _images, (double)_elsewhere[s] / _images, (double)_kept[s] / _images))])
    {
        PointsAtPart = _parts.Value,
        PointsAtObject = _object.Value,
        BoxArea = _area.Value ?? 0,
    };

    /// <summary>The pixels in the order of their values, highest first; of equal ones the first in reading order.</summary>
    private static int[] Descending(float[,] map)
    {
        float[] keys = [.. map.Cast<float>().Select(value => -value)];
        int[] order = [.. Enumerable.Range(0, keys.Length)];
        return [.. order.OrderBy(pixel => keys[pixel])];
    }

    private Tensor Mask(int[] order, int count)
    {
        bool[] mask = new bool[order.Length];
        foreach (int pixel in order.AsSpan(0, count)) mask[pixel] = true;
        return tensor(mask).reshape(_side, _side);
    }

    private double Covered(IReadOnlyList<PixelBox> boxes)
    {
        bool[] covered = new bool[_side * _side];
        foreach (PixelBox box in boxes)
            for (int y = box.Top; y < box.Bottom; y++) covered.AsSpan(y * _side + box.Left, box.Width).Fill(true);
        return covered.Count(pixel => pixel);
    }
}
