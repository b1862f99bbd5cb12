using System.Text.RegularExpressions;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network.Backbones;

/// <summary>Loads torchvision's pretrained weights into a backbone.</summary>
internal static partial class TorchvisionWeights
{
    /// <summary>Copies by name, ignoring the classifier and everything after a cut; old DenseNet names are supported.</summary>
    /// <exception cref="StateDictMismatchException">The weights do not fit this backbone.</exception>
    public static void Load(BackboneNetwork backbone, IEnumerable<string> names, Func<string, Tensor> load, string origin)
    {
        Dictionary<string, string> original = names.ToDictionary(name => OldDenseNetName().Replace(name, "$1$2"));
        HashSet<string> own = [.. StateDict.Of(backbone).Select(pair => Part(pair.Name))];
        StateDict.Assign(backbone, original.Keys, name => load(original[name]), origin,
            name => Classifier().IsMatch(name) || (Part(name) is not "" and string part && !own.Contains(part)));
    }

    /// <summary>The part of a backbone that is kept or cut as a whole; empty if the name belongs to none.</summary>
    private static string Part(string name) => Parts().Match(name).Value;

    [GeneratedRegex(@"^(fc|classifier)\.")]
    private static partial Regex Classifier();

    [GeneratedRegex(@"^(layer[1-4]|features\.(\d+|denseblock[1-4]|transition[1-3]|norm5))\.")]
    private static partial Regex Parts();

    /// <summary>Checkpoints from 2017 use norm.1 for norm1 inside dense layers.</summary>
    [GeneratedRegex(@"(denselayer\d+\.(?:norm|conv))\.([12]\.)")]
    private static partial Regex OldDenseNetName();
}
