using ProtoPNet.MLNet.Native;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Weights;

namespace ProtoPNet.MLNet;

/// <summary>What a backbone starts from.</summary>
public abstract class PretrainedWeights
{
    private PretrainedWeights() { }

    /// <summary>The weights that a backbone brings with it, else random ones; training then needs far more photographs and time.</summary>
    public static PretrainedWeights None { get; } = new Random();

    /// <summary>
    /// The ImageNet weights that torchvision publishes for the backbone, as in the paper. Fetched once into the user's cache folder
    /// (environment variable <c>PROTOPNET_CACHE</c>) and verified by their hash.
    /// </summary>
    public static PretrainedWeights ImageNet { get; } = new Published();

    /// <summary>
    /// A file of weights under torchvision's names: safetensors, a PyTorch file (<c>.pth</c>, <c>.pt</c>), of which nothing is executed, or one that
    /// TorchSharp (<c>module.save</c>) or TorchSharp.PyBridge (<c>save_py</c>) has written. Or an earlier ProtoPNet to continue from, a saved model
    /// (<c>model.zip</c>) or an exported state dict. Its backbone must be the same. Its add-on layers are taken over if they have the same shape, and
    /// then the prototypes of classes of the same name; if classes and prototypes are all the same, the last layer too. All others start anew. Of a saved
    /// classifier without prototypes, only the backbone is taken over. A classifier without prototypes takes over the backbone of either kind.
    /// </summary>
    public static PretrainedWeights File(string path) => new OnDisk(path);

    /// <summary>Whether the published weights of a backbone have been downloaded; their hash is checked when they are read.</summary>
    internal static bool AreDownloaded(Backbone backbone)
        => backbone.IsPublished && System.IO.File.Exists(Path.Combine(Published.Folder, PublishedWeights.Files[backbone.Graph.Name]));

    /// <summary>The file's path, once it is there; null where there is none to load.</summary>
    /// <exception cref="WeightsUnavailableException">Published weights cannot be fetched; the message says where to put them.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    internal abstract string? Locate(Backbone backbone, IProgress<DownloadProgress>? progress, CancellationToken cancellation);

    /// <summary>The earlier model to continue from, to be disposed of by the caller; null if the weights are not one.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="WeightsFormatException">The file is damaged, or of no known format.</exception>
    internal virtual EarlierModel? Earlier() => null;

    /// <summary>Whether that backbone begins with random weights.</summary>
    internal bool AreRandom(Backbone backbone) => this == None && !backbone.BringsWeights;

    /// <summary>What that backbone begins with, for those who read.</summary>
    internal string TextFor(Backbone backbone) => AreItsOwn(backbone) ? "its own" : $"{this}";

    /// <summary>Whether a backbone with these weights starts from those that it brings.</summary>
    internal bool AreItsOwn(Backbone backbone) => this == None && backbone.BringsWeights;

    /// <exception cref="ArgumentException">There are no such weights for that backbone.</exception>
    internal virtual void Check(Backbone backbone) { }

    private sealed class Random : PretrainedWeights
    {
        internal override string? Locate(Backbone backbone, IProgress<DownloadProgress>? progress, CancellationToken cancellation) => null;

        public override string ToString() => "none";
    }

    private sealed class Published : PretrainedWeights
    {
        public static string Folder => Path.Combine(LibtorchLoader.CacheFolder(), "weights");

        internal override string? Locate(Backbone backbone, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
            => new WeightsDownload(Folder, PublishedWeights.Server)
                .FetchAsync(PublishedWeights.Files[backbone.Graph.Name], progress, cancellation).GetAwaiter().GetResult();

        internal override void Check(Backbone backbone)
        {
            if (!backbone.IsPublished)
                throw new ArgumentException($"PretrainedWeights.ImageNet has no weights for '{backbone}', which brings its own: leave them out, "
                    + "or choose a backbone of torchvision's, such as ResNet18.");
        }

        public override string ToString() => "ImageNet";
    }

    private sealed class OnDisk(string path) : PretrainedWeights
    {
        internal override string? Locate(Backbone backbone, IProgress<DownloadProgress>? progress, CancellationToken cancellation)
            => Existing();

        internal override EarlierModel? Earlier() => EarlierModel.Open(Existing());

        private string Existing()
            => System.IO.File.Exists(path) ? path : throw new FileNotFoundException($"There is no file of weights '{path}'.", path);

        public override string ToString() => path;
    }
}
