using Microsoft.ML;
using Microsoft.ML.TorchSharp.AutoFormerV2;
using TorchSharp;

namespace DetectThenClassify;

/// <summary>The file with the detector's pretrained weights, which Microsoft.ML.TorchSharp keeps in a folder of temporary files.</summary>
internal static class DetectorWeights
{
    private const string FileName = "autoformer_11m_torchsharp.bin";

    /// <summary>Says what to do if the file is not there: its trainer would try to download it, and end with an error of the network.</summary>
    public static bool AreThere(MLContext ml)
    {
        string path = At(ml);
        if (File.Exists(path)) return true;
        Console.Error.WriteLine($"Microsoft.ML.TorchSharp's detector starts from the file {FileName}, which is not there: {path}\n"
            + "Train any detector with that package once while connected, or copy the file there; "
            + "or add --random-weights, which detects nothing sensible, to try the pipeline.");
        return false;
    }

    /// <summary>Writes random weights where the package will look, in a folder of this example's own.</summary>
    public static void WriteRandom(MLContext ml, string folder)
    {
        ml.TempFilePath = folder;
        Directory.CreateDirectory(Path.GetDirectoryName(At(ml))!);
        // The network is internal to the package; these are the sizes with which its trainer makes it.
        Type network = typeof(ObjectDetectionTrainer).Assembly.GetType("Microsoft.ML.TorchSharp.AutoFormerV2.AutoFormerV2", throwOnError: true)!;
        object[] sizes = [1, Sizes(64, 128, 256, 448), Sizes(2, 2, 6, 2), Sizes(2, 4, 8, 14), torch.CPU];
        torch.manual_seed(1);
        using var random = (torch.nn.Module)Activator.CreateInstance(network, sizes)!;
        random.save(At(ml));
    }

    private static List<int> Sizes(params int[] sizes) => [.. sizes];

    private static string At(MLContext ml) => Path.Combine(ml.TempFilePath, "mlnet", FileName);
}
