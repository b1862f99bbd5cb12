using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The numbers of a gallery, in the form of its JSON.</summary>
internal sealed record GalleryJson(string Model, int ImageSize, IReadOnlyList<string> Classes, IEnumerable<GalleryJson.Entry> Prototypes)
{
    public static GalleryJson Of(GalleryReport report) => new(report.Name, report.ImageSize, report.ClassNames, report.Entries.Select(Of));

    private static Entry Of(GalleryEntry entry) => new(
        entry.Prototype.Index, entry.Prototype.Name, entry.Prototype.ClassName, entry.Weight, entry.Others, entry.Purity,
        entry.Duplicates.Select(same => same.Index), entry.Surroundings.OwnClass.Select(Of), entry.Surroundings.OtherClasses.Select(Of),
        SourceJson.Of(entry.Prototype), entry.Found.Select(Of), entry.Prototype.Words);

    private static Near Of(PrototypePair pair) => new(pair.Second.Index, pair.Second.Name, pair.Distance);

    private static Finds Of(GalleryFinds found) => new(found.Set, found.Neighbours.Purity, found.Neighbours.Neighbours.Select(near
        => new Find(near.ImageId, near.ClassIndex, near.Distance, near.Activation.Similarity, SourceJson.BoxOf(near.Activation.Box))));

    internal sealed record Entry(
        int Prototype, string Name, string Class, float Weight, IReadOnlyList<OtherWeight> Others, double? Purity, IEnumerable<int> Duplicates,
        IEnumerable<Near> NearestOfItsClass, IEnumerable<Near> NearestOfOtherClasses, SourceJson? Source, IEnumerable<Finds> Found,
        string? Words);

    internal sealed record Near(int Prototype, string Name, double Distance);

    internal sealed record Finds(string Set, double? Purity, IEnumerable<Find> Nearest);

    internal sealed record Find(string ImageId, int? ClassIndex, float Distance, float Similarity, int[] Box);
}
