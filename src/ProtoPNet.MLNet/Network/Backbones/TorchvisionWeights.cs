using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>Loads torchvision's pretrained weights into a backbone.</summary>
internal static partial class TorchvisionWeights
{
    /// <summary>Copies by name; the classifier and what lies after a cut are left out, old DenseNet names are understood.</summary>
    /// <exception cref="StateDictMismatchException">The weights are not those of this backbone.</exception>
    public static void Load(BackboneNetwork backbone, IEnumerable<string> names, Func<string, Tensor> load, string origin)
    {
        Dictionary<string, string> original = names.ToDictionary(name => OldDenseNetName().Replace(name, "$1$2"));
        HashSet<string> own = [.. StateDict.Of(backbone).Select(pair => Part(pair.Name))];
        StateDict.Assign(backbone, original.Keys, name => load(original[name]), origin,
            name => Classifier().IsMatch(name) || (Part(name) is not "" and string part && !own.Contains(part)));
    }

    /// <summary>The part of a backbone that is there or cut away as a whole; empty where the name lies in none.</summary>
    private static string Part(string name) => Parts().Match(name).Value;

    [GeneratedRegex(@"^(fc|classifier)\.")]
    private static partial Regex Classifier();

    [GeneratedRegex(@"^(layer[1-4]|features\.(\d+|denseblock[1-4]|transition[1-3]|norm5))\.")]
    private static partial Regex Parts();

    /// <summary>Checkpoints of 2017 write norm.1 for norm1 inside dense layers.</summary>
    [GeneratedRegex(@"(denselayer\d+\.(?:norm|conv))\.([12]\.)")]
    private static partial Regex OldDenseNetName();
}
