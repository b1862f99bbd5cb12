using System.Security.Cryptography;
using System.Text;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network.Backbones;

namespace ProtoPNet.MLNet.Network;

/// <summary>
/// A convolutional backbone f: one of the seventeen of the published implementation, named as in torchvision, or one that was read from a file.
/// Two of the same name and computation are equal, whatever their weights.
/// </summary>
public sealed class Backbone : IEquatable<Backbone>
{
    private readonly Lazy<BackboneGraph> _graph;
    private readonly Lazy<string> _identity;
    private readonly Action<BackboneNetwork>? _fill;

    private Backbone(string name, Func<BackboneGraph> graph)
    {
        (Name, IsPublished) = (name, true);
        (_graph, _identity) = (new(graph), new(name));
    }

    private Backbone(BackboneGraph graph, Action<BackboneNetwork>? fill)
    {
        (Name, _graph, _fill) = (graph.Name, new(graph), fill);
        _identity = new(() => $"{Name} {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(GraphJson.Write(graph))))}");
    }

#pragma warning disable CS1591 // the names say it
    public static Backbone Vgg11 { get; } = new(nameof(Vgg11), () => Vgg.Graph("vgg11", [1, 1, 2, 2, 2], false));

    public static Backbone Vgg11Bn { get; } = new(nameof(Vgg11Bn), () => Vgg.Graph("vgg11_bn", [1, 1, 2, 2, 2], true));

    public static Backbone Vgg13 { get; } = new(nameof(Vgg13), () => Vgg.Graph("vgg13", [2, 2, 2, 2, 2], false));

    public static Backbone Vgg13Bn { get; } = new(nameof(Vgg13Bn), () => Vgg.Graph("vgg13_bn", [2, 2, 2, 2, 2], true));

    public static Backbone Vgg16 { get; } = new(nameof(Vgg16), () => Vgg.Graph("vgg16", [2, 2, 3, 3, 3], false));

    public static Backbone Vgg16Bn { get; } = new(nameof(Vgg16Bn), () => Vgg.Graph("vgg16_bn", [2, 2, 3, 3, 3], true));

    public static Backbone Vgg19 { get; } = new(nameof(Vgg19), () => Vgg.Graph("vgg19", [2, 2, 4, 4, 4], false));

    public static Backbone Vgg19Bn { get; } = new(nameof(Vgg19Bn), () => Vgg.Graph("vgg19_bn", [2, 2, 4, 4, 4], true));

    public static Backbone ResNet18 { get; } = new(nameof(ResNet18), () => ResNet.Graph("resnet18", [2, 2, 2, 2], false));

    public static Backbone ResNet34 { get; } = new(nameof(ResNet34), () => ResNet.Graph("resnet34", [3, 4, 6, 3], false));

    public static Backbone ResNet50 { get; } = new(nameof(ResNet50), () => ResNet.Graph("resnet50", [3, 4, 6, 3], true));

    public static Backbone ResNet101 { get; } = new(nameof(ResNet101), () => ResNet.Graph("resnet101", [3, 4, 23, 3], true));

    public static Backbone ResNet152 { get; } = new(nameof(ResNet152), () => ResNet.Graph("resnet152", [3, 8, 36, 3], true));

    public static Backbone DenseNet121 { get; } = new(nameof(DenseNet121), () => DenseNet.Graph("densenet121", 64, 32, [6, 12, 24, 16]));

    public static Backbone DenseNet161 { get; } = new(nameof(DenseNet161), () => DenseNet.Graph("densenet161", 96, 48, [6, 12, 36, 24]));

    public static Backbone DenseNet169 { get; } = new(nameof(DenseNet169), () => DenseNet.Graph("densenet169", 64, 32, [6, 12, 32, 32]));

    public static Backbone DenseNet201 { get; } = new(nameof(DenseNet201), () => DenseNet.Graph("densenet201", 64, 32, [6, 12, 48, 32]));
#pragma warning restore CS1591

    /// <summary>The seventeen of the published implementation.</summary>
    public static IReadOnlyList<Backbone> Published { get; } =
    [
        Vgg11, Vgg11Bn, Vgg13, Vgg13Bn, Vgg16, Vgg16Bn, Vgg19, Vgg19Bn, ResNet18, ResNet34, ResNet50, ResNet101, ResNet152,
        DenseNet121, DenseNet161, DenseNet169, DenseNet201,
    ];

    /// <summary><c>ResNet18</c> and the like, or the name of the file that it was read from.</summary>
    public string Name { get; }

    /// <summary>What it wants of its images.</summary>
    public InputNormalisation Normalisation => Graph.Normalisation;

    /// <summary>How many stages it has; it may be cut after each.</summary>
    public int Stages => Graph.Stages.Count;

    /// <summary>Whether it is one of <see cref="Published"/>.</summary>
    public bool IsPublished { get; }

    /// <summary>Whether weights come with it: with those that are read from a file, not with those of saved models.</summary>
    public bool BringsWeights => _fill is not null;

    internal BackboneGraph Graph => _graph.Value;

    /// <summary>What tells it from all others: its name, and the hash of a graph that was read.</summary>
    internal string Identity => _identity.Value;

    /// <summary>One of the seventeen by its name, in any case, torchvision's spelling too (<c>vgg16_bn</c>); null where there is none.</summary>
    public static Backbone? Find(string name)
    {
        string plain = name.Replace("_", "", StringComparison.Ordinal);
        return Published.FirstOrDefault(backbone => string.Equals(backbone.Name, plain, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>A backbone that was read.</summary>
    /// <param name="graph">What it computes.</param>
    /// <param name="fill">Copies its weights into a network of it, whole or cut; null where none come with it.</param>
    internal static Backbone Read(BackboneGraph graph, Action<BackboneNetwork>? fill = null) => new(graph, fill);

    /// <summary>Copies the weights that come with it into a network of it, whole or cut.</summary>
    internal void Fill(BackboneNetwork network) => _fill?.Invoke(network);

    /// <inheritdoc/>
    public bool Equals(Backbone? other) => other is not null && (ReferenceEquals(this, other) || Identity == other.Identity);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Backbone);

    /// <inheritdoc/>
    public override int GetHashCode() => Identity.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The same computation.</summary>
    public static bool operator ==(Backbone? left, Backbone? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Another computation.</summary>
    public static bool operator !=(Backbone? left, Backbone? right) => !(left == right);
}
