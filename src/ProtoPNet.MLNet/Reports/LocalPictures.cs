using ProtoPNet.MLNet.Explanations;
using ProtoPNet.MLNet.Files;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>The pictures of an explanation as files, for papers and slides.</summary>
internal static class LocalPictures
{
    public static IReadOnlyList<string> Write(LocalReport report, string folder)
    {
        Directory.CreateDirectory(folder);
        List<string> paths = [];
        Save("photograph.png", ImageCodec.EncodePng(report.Photograph));
        HashSet<string> classes = new(StringComparer.OrdinalIgnoreCase);
        foreach (ClassEvidence evidence in report.Evidence)
        {
            // "A b" and "A-b" give the same file name.
            string ofClass = FileName(evidence.Class.Name);
            if (!classes.Add(ofClass)) classes.Add(ofClass += $"-{evidence.Class.Index + 1}");
            foreach ((int place, Evidence line) in evidence.Evidence.Index())
            {
                string start = $"{ofClass}-{place + 1:00}-{FileName(line.Activation.Prototype.Name)}";
                Save(start + "-part.png", ImageCodec.EncodePng(Pictures.Crop(report.Photograph, line.Activation.Box, report.Explanation.ImageSize)));
                Save(start + "-overlay.png", ImageCodec.EncodePng(HeatMap.Overlay(report.Photograph, line.Activation.Similarities)));
                if (line.Activation.Prototype.Source is { Picture.IsEmpty: false } source) Save(start + "-prototype.png", source.Picture.Span);
            }
        }
        return paths;

        void Save(string name, ReadOnlySpan<byte> png)
        {
            string path = Path.Combine(folder, name);
            WholeFile.Write(path, png);
            paths.Add(path);
        }
    }

    /// <summary>A name valid on every file system: letters, digits and dashes.</summary>
    public static string FileName(string name)
    {
        string safe = string.Concat(name.Select(c => char.IsLetterOrDigit(c) ? c : '-')).Trim('-');
        return safe.Length == 0 ? "class" : safe.Length > 60 ? safe[..60] : safe;
    }
}
