using System.Text.Json;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The figures of a gallery as JSON.</summary>
internal static class GalleryJson
{
    public static string Write(GalleryReport report) => JsonSerializer.Serialize(new
    {
        model = report.Name,
        report.ImageSize,
        classes = report.ClassNames,
        prototypes = report.Entries.Select(entry => new
        {
            prototype = entry.Prototype.Index,
            entry.Prototype.Name,
            @class = entry.Prototype.ClassName,
            entry.Weight,
            others = entry.Others,
            entry.Purity,
            duplicates = entry.Duplicates.Select(same => same.Index),
            nearestOfItsClass = entry.Surroundings.OwnClass.Select(Near),
            nearestOfOtherClasses = entry.Surroundings.OtherClasses.Select(Near),
            source = entry.Prototype.Source is { } source ? new { source.ImageId, source.Row, box = LocalJson.Box(source.Box) } : null,
            found = entry.Found.Select(found => new
            {
                found.Set,
                found.Neighbours.Purity,
                nearest = found.Neighbours.Neighbours.Select(near => new
                {
                    near.ImageId,
                    near.ClassIndex,
                    near.Distance,
                    near.Activation.Similarity,
                    box = LocalJson.Box(near.Activation.Box),
                }),
            }),
        }),
    }, LocalJson.Options);

    private static object Near(PrototypePair pair) => new { prototype = pair.Second.Index, pair.Second.Name, pair.Distance };
}
