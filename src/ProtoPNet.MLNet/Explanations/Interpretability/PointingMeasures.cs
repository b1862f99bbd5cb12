using ProtoPNet.MLNet.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Explanations;

/// <summary>What the prototypes of a class point at on images of the class, without and with noise.</summary>
internal sealed class PointingMeasures
{
    private const int CellSide = 32;

    private readonly PeakBoxes _boxes;
    private readonly ILookup<int, int> _prototypesOf;
    private readonly Pointing[] _pointing;
    private readonly RunningMean _places = new();

    public PointingMeasures(TrainedProtoPNet model)
    {
        _boxes = new(model.Architecture.ImageSize);
        _prototypesOf = model.Prototypes.ToLookup(p => p.ClassIndex, p => p.Index);
        _pointing = [.. model.Prototypes.Select(_ => new Pointing())];
    }

    /// <summary>Different cells among the peaks of a class's prototypes, divided by their number; 0 without images of classes with prototypes.</summary>
    public double DistinctPlaces => _places.Value ?? 0;

    /// <summary>Share of all pairs whose box holds no part; null where no part is annotated.</summary>
    public double? NoPart => _pointing.Sum(p => p.Annotated) is > 0 and var pairs ? (double)_pointing.Sum(p => p.Empty) / pairs : null;

    /// <param name="label">The class of the image.</param>
    /// <param name="image">Its parts.</param>
    /// <param name="maps">Its similarity maps (P × H' × W').</param>
    /// <param name="noisy">The same under noise.</param>
    public void Add(int label, AnnotatedInput image, Tensor maps, Tensor noisy)
    {
        int[] own = [.. _prototypesOf[label]];
        if (own.Length == 0) return;
        using DisposeScope scope = NewDisposeScope();
        Tensor index = tensor(own.Select(p => (long)p).ToArray(), device: maps.device);
        (int Row, int Column)[] peaks = _boxes.Peaks(maps.index_select(0, index));
        _places.Add((double)peaks.Select(p => (p.Row / CellSide, p.Column / CellSide)).Distinct().Count() / own.Length);
        foreach (int j in own) _pointing[j].Images++;
        if (image.Parts.Count == 0) return;
        (int Row, int Column)[] moved = _boxes.Peaks(noisy.index_select(0, index));
        for (int i = 0; i < own.Length; i++)
            _pointing[own[i]].Add(image.Parts, _boxes.Parts(peaks[i], image), _boxes.Parts(moved[i], image));
    }

    /// <summary>What is known of a prototype from images of its class.</summary>
    public PrototypeTrust Of(int prototype) => _pointing[prototype].Trust;

    /// <summary>The largest share, over parts, of images with that part in the box around the peak of a map; null if no part is visible.</summary>
    public double? Purity(IEnumerable<(float[,] Map, AnnotatedInput Image)> nearest)
    {
        using DisposeScope scope = NewDisposeScope();
        PartCounts found = new();
        foreach ((float[,] map, AnnotatedInput image) in nearest.Where(near => near.Image.Parts.Count > 0))
            found.Add(image.Parts, _boxes.Parts(_boxes.Peaks(tensor(map).unsqueeze(0))[0], image));
        return found.Best?.Share;
    }

    private sealed class Pointing
    {
        private readonly PartCounts _parts = new();
        private int _same;

        public int Images { get; set; }

        public int Annotated { get; private set; }

        public int Empty { get; private set; }

        public PrototypeTrust Trust => new(Images)
        {
            BestPart = _parts.Best,
            NoPart = Annotated > 0 ? (double)Empty / Annotated : null,
            Stability = Annotated > 0 ? (double)_same / Annotated : null,
        };

        public void Add(IReadOnlyList<PartPlace> visible, IReadOnlySet<string> inBox, IReadOnlySet<string> underNoise)
        {
            Annotated++;
            _parts.Add(visible, inBox);
            if (inBox.Count == 0) Empty++;
            if (inBox.SetEquals(underNoise)) _same++;
        }
    }
}
