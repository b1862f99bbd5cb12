using System.Globalization;
using System.Text;
using ProtoPNet.Datasets;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary>Painted birds in the layout of CUB-200-2011, with boxes and parts.</summary>
internal static class CubBirds
{
    public static string Write(TemporaryFolder folder, int species, int train, int test, int size)
    {
        StringBuilder classes = new(), images = new(), labels = new(), split = new(), boxes = new(), parts = new(), places = new();
        int id = 0;
        for (int k = 0; k < species; k++)
        {
            string name = $"{k + 1:D3}.{BirdSpecies.All[k].Name.Replace(' ', '_')}";
            classes.AppendLine(CultureInfo.InvariantCulture, $"{k + 1} {name}");
            for (int i = 0; i < train + test; i++)
            {
                BirdPicture bird = ProceduralBirds.Draw(BirdSpecies.All[k], seed: 100 * k + i, size);
                string path = $"{name}/{i}.png";
                folder.Write($"cub/images/{path}", bird.ToPng());
                images.AppendLine(CultureInfo.InvariantCulture, $"{++id} {path}");
                labels.AppendLine(CultureInfo.InvariantCulture, $"{id} {k + 1}");
                split.AppendLine(CultureInfo.InvariantCulture, $"{id} {(i < train ? 1 : 0)}");
                string box = string.Join(' ', bird.BoundingBox.Select(number => number.ToString(CultureInfo.InvariantCulture)));
                boxes.AppendLine(CultureInfo.InvariantCulture, $"{id} {box}");
                foreach ((int p, PartLocation part) in bird.Parts.Index())
                {
                    if (id == 1) parts.AppendLine(CultureInfo.InvariantCulture, $"{p + 1} {part.Name}");
                    places.AppendLine(CultureInfo.InvariantCulture, $"{id} {p + 1} {part.X} {part.Y} 1");
                }
            }
        }
        foreach ((string file, StringBuilder text) in new[]
        {
            ("classes.txt", classes), ("images.txt", images), ("image_class_labels.txt", labels), ("train_test_split.txt", split),
            ("bounding_boxes.txt", boxes), ("parts/parts.txt", parts), ("parts/part_locs.txt", places),
        })
            folder.Write($"cub/{file}", text.ToString());
        return folder.In("cub");
    }
}
