using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Tests.Images;

namespace ProtoPNet.MLNet.Tests.Cli;

/// <summary>Photographs of two classes in two splits, with all kinds of bad files in one class.</summary>
internal static class SickFolder
{
    /// <summary>The unusable files in both splits, in order.</summary>
    public static string[] Bad { get; } =
        ["cut60.jpg", "cut_last_two_bytes.jpg", "empty.jpg", "huge.png", "phone.heic", "scan.tif", "text.jpg", "tiny.png", "zeros.jpg"];

    /// <summary>The number of good photographs per class in each split.</summary>
    public const int Good = 4;

    /// <summary>The usable photographs of the sick class in each split.</summary>
    public static int Usable => Good + 5 + (OperatingSystem.IsWindows() ? 0 : 1);

    public static void Write(TemporaryFolder folder, string name)
    {
        foreach (string split in (string[])["Training", "Val"])
        {
            int seed = split == "Val" ? 1000 : 0;
            for (int i = 0; i < Good; i++)
                foreach (BirdSpecies species in BirdSpecies.All.Take(2))
                    folder.Write($"{name}/{split}/{species.Name}/{i}.png", ProceduralBirds.Draw(species, seed++, 64).ToPng());
            string sick = $"{name}/{split}/{BirdSpecies.All[0].Name}";
            RgbImage bird = ImageCodec.Decode(ProceduralBirds.Draw(BirdSpecies.All[0], seed, 64).ToPng());
            byte[] jpeg = ImageCodec.EncodeJpeg(bird, 90);
            foreach (int orientation in (int[])[3, 6, 8]) folder.Write($"{sick}/turned_{orientation}.jpg", PhoneFiles.Jpeg(bird, orientation));
            folder.Write($"{sick}/plain.jfif", jpeg);
            folder.Write($"{sick}/plain.jpe", jpeg);
            if (!OperatingSystem.IsWindows()) folder.Write($"{sick}/back\\slash.jpg", jpeg);
            folder.Write($"{sick}/cut60.jpg", jpeg.AsSpan(..(jpeg.Length * 6 / 10)));
            folder.Write($"{sick}/cut_last_two_bytes.jpg", jpeg.AsSpan(..^2));
            folder.Write($"{sick}/zeros.jpg", (byte[])[.. jpeg[..(jpeg.Length * 6 / 10)], .. new byte[jpeg.Length * 4 / 10]]);
            folder.Write($"{sick}/empty.jpg", "");
            folder.Write($"{sick}/text.jpg", "this is no photograph");
            folder.Write($"{sick}/tiny.png", ImageCodec.EncodePng(Pictures.Of(1, 1)));
            folder.Write($"{sick}/huge.png", Pictures.HollowPng(30_000, 30_000));
            folder.Write($"{sick}/scan.tif", "II*\0");
            folder.Write($"{sick}/phone.heic", [0, 0, 0, 24, .. "ftypheic"u8]);
            foreach (string service in (string[])["._0.jpg", ".thumbnails/0.jpg", "@eaDir/0.jpg", "__MACOSX/0.jpg"])
                folder.Write($"{sick}/{service}", jpeg);
            folder.Write($"{name}/{split}/__MACOSX/0.jpg", jpeg);
        }
    }

    /// <summary>The bad files of a split, as paths within the data set.</summary>
    public static IEnumerable<string> BadOf(string split) => Bad.Select(file => $"{split}/{BirdSpecies.All[0].Name}/{file}");
}
