using System.Globalization;
using SkiaSharp;

namespace ProtoPNet.Datasets;

/// <summary>
/// Synthetic birds for tests and first steps: species that differ in one or two parts, in varying pose, scale, light and surroundings,
/// with known part locations.
/// </summary>
public static class ProceduralBirds
{
    private const string PartsFile = "parts.csv", PartsHeader = "image,part,x,y";

    /// <summary>Paints one bird. The same arguments give the same picture.</summary>
    /// <param name="species">The species.</param>
    /// <param name="seed">Determines pose, light and surroundings, independently of the species.</param>
    /// <param name="size">Side in pixels, 32 … 1024.</param>
    public static BirdPicture Draw(BirdSpecies species, int seed, int size)
    {
        ArgumentNullException.ThrowIfNull(species);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 32);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 1024);
        Random random = new(Scrambled(seed));
        using SKBitmap bitmap = new(BirdPicture.Info(size));
        using SKCanvas canvas = new(bitmap);
        canvas.Scale(size);
        ScenePainter scene = new(canvas, random);
        scene.PaintBackground();
        SKMatrix pose = Pose(random);
        scene.PaintPerch(pose.MapPoint(0.05f, BirdPainter.Ground), pose.MapRadius(0.075f));
        canvas.Save();
        canvas.Concat(ref pose);
        new BirdPainter(canvas, species, random).Paint();
        canvas.Restore();
        scene.PaintLight();

        SKRect box = pose.MapRect(BirdPainter.Extent);
        box.Intersect(new(0, 0, 1, 1));
        PartLocation[] parts = [.. BirdPainter.Anchors.Select(anchor =>
        {
            SKPoint place = pose.MapPoint(anchor.Place);
            return new PartLocation(anchor.Name, place.X * size, place.Y * size);
        })];
        canvas.Flush();
        return new(species, size, bitmap.Bytes, parts, [box.Left * size, box.Top * size, box.Width * size, box.Height * size]);
    }

    /// <summary>
    /// Writes <c>train/</c> and <c>test/</c> with a folder of pictures per species, and <c>parts.csv</c> with the boxes and part locations.
    /// </summary>
    /// <exception cref="DatasetException"><paramref name="folder"/> is not empty.</exception>
    public static ImageDataset Write(string folder, BirdOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(options);
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new DatasetException($"'{folder}' is not empty. Choose a new folder or empty it.");
        Directory.CreateDirectory(folder);
        using (StreamWriter table = new(Path.Combine(folder, PartsFile)))
        {
            table.WriteLine(PartsHeader);
            for (int species = 0; species < options.Species; species++)
            {
                WriteSplit(folder, "train", species, 0, options.TrainPerSpecies, options, table);
                WriteSplit(folder, "test", species, options.TrainPerSpecies, options.TestPerSpecies, options, table);
            }
        }
        return Load(folder);
    }

    /// <summary>Whether a folder was written by <see cref="Write"/>.</summary>
    internal static bool AreIn(string folder)
        => Path.Combine(folder, PartsFile) is var file && File.Exists(file) && File.ReadLines(file).FirstOrDefault() == PartsHeader;

    /// <summary>Reads a folder written by <see cref="Write"/>.</summary>
    /// <exception cref="DatasetException">The folder is missing or damaged.</exception>
    public static ImageDataset Load(string folder)
    {
        ImageDataset dataset = ClassFolders.Load(folder);
        string path = Path.Combine(folder, PartsFile);
        if (!File.Exists(path)) throw new DatasetException($"'{path}' is missing: '{folder}' holds no procedural birds.");
        Dictionary<string, IReadOnlyList<PartLocation>> parts = [];
        Dictionary<string, float[]> boxes = [];
        int line = 1;
        foreach (string row in File.ReadLines(path).Skip(1))
        {
            line++;
            string[] fields = row.Split(',');
            if (fields.Length != 4
                || !float.TryParse(fields[2], CultureInfo.InvariantCulture, out float x)
                || !float.TryParse(fields[3], CultureInfo.InvariantCulture, out float y))
                throw new DatasetException($"'{path}', line {line}: '{row}' is not image,part,x,y.");
            if (!parts.TryGetValue(fields[0], out IReadOnlyList<PartLocation>? list))
            {
                parts.Add(fields[0], list = new List<PartLocation>());
                boxes.Add(fields[0], new float[4]);
            }
            if (fields[1] == "box from") (boxes[fields[0]][0], boxes[fields[0]][1]) = (x, y);
            else if (fields[1] == "box size") (boxes[fields[0]][2], boxes[fields[0]][3]) = (x, y);
            else ((List<PartLocation>)list).Add(new(fields[1], x, y));
        }
        return dataset with
        {
            Name = "Procedural birds",
            Train = [.. dataset.Train.Select(Boxed)],
            Test = [.. dataset.Test.Select(Boxed)],
            Parts = parts,
        };

        ImageRecord Boxed(ImageRecord record) => boxes.TryGetValue(record.ImagePath, out float[]? box) ? record with { BoundingBox = box } : record;
    }

    private static void WriteSplit(string folder, string split, int species, int first, int count, BirdOptions options, StreamWriter table)
    {
        BirdSpecies kind = BirdSpecies.All[species];
        if (count > 0) Directory.CreateDirectory(Path.Combine(folder, split, kind.Name));
        for (int i = first; i < first + count; i++)
        {
            string file = $"{split}/{kind.Name}/{i + 1:D4}.jpg";
            BirdPicture picture = Draw(kind, unchecked(((options.Seed * 31) + species) * 1_000_003 + i), options.Size);
            File.WriteAllBytes(Path.Combine(folder, file), picture.ToJpeg());
            IReadOnlyList<float> box = picture.BoundingBox;
            foreach (PartLocation part in (PartLocation[])[new("box from", box[0], box[1]), new("box size", box[2], box[3]), .. picture.Parts])
                table.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{file},{part.Name},{part.X:F1},{part.Y:F1}"));
        }
    }

    /// <summary>System.Random starts with similar numbers for neighbouring seeds, which would give each species its own sky.</summary>
    private static int Scrambled(int seed)
    {
        ulong z = (ulong)(uint)seed * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 29)) * 0xBF58476D1CE4E5B9;
        return (int)(z >> 33);
    }

    /// <summary>
    /// Maps the bird's coordinates to the picture's: random place, size, small slant, facing left or right; the bird stays within the picture.
    /// </summary>
    private static SKMatrix Pose(Random random)
    {
        float scale = 0.52f + 0.14f * (float)random.NextDouble();
        float degrees = -14 + 28 * (float)random.NextDouble();
        float facing = random.Next(2) == 0 ? 1 : -1;
        SKMatrix shape = SKMatrix.CreateScale(facing * scale, scale).PostConcat(SKMatrix.CreateRotationDegrees(degrees));
        SKRect box = shape.MapRect(BirdPainter.Extent);
        const float Margin = 0.02f;
        float x = Place(box.Left, box.Width), y = Place(box.Top, box.Height);
        return shape.PostConcat(SKMatrix.CreateTranslation(x, y));

        float Place(float from, float length) => Margin - from + (float)random.NextDouble() * Math.Max(0, 1 - 2 * Margin - length);
    }
}
