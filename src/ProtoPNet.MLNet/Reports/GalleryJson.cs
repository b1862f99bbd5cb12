using System.Text.Json;

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
            strongestOther = entry.Strongest,
            entry.Purity,
            duplicates = entry.Duplicates.Select(same => same.Index),
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
}
