using ProtoPNet.MLNet.Network.Backbones;
using ProtoPNet.MLNet.Network.Layers;
using ProtoPNet.MLNet.Randomness;
using TorchSharp;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace ProtoPNet.MLNet.Network;

/// <summary>
/// The network of the paper's figure 2: backbone f, add-on layers, prototype layer g, last layer h. N photographs of S × S pixels,
/// normalised (N × 3 × S × S), are mapped to K logits each through their similarities to P prototypes.
/// </summary>
internal sealed class ProtoPNetNetwork : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = "last_layer")]
    private readonly LogitLayer _lastLayer;

    /// <summary>Builds the network and draws its initial weights; without a generator they stay zero, to be loaded later.</summary>
    /// <exception cref="ArgumentException">The architecture cannot be built; the message says why.</exception>
    public ProtoPNetNetwork(NetworkArchitecture architecture, DeterministicRandom? initial) : base(nameof(ProtoPNetNetwork))
    {
        architecture.Check();
        Architecture = architecture;
        Features = new BackboneNetwork(architecture.Backbone.Graph.Cut(architecture.Stages));
        AddOnLayers = AddOn.Build(architecture.AddOnLayers, Features.OutputChannels, architecture.PrototypeDepth, architecture.LatentSpace);
        _lastLayer = new LogitLayer(architecture.Classes, architecture.PrototypeClasses);

        // The published implementation's names and order.
        register_parameter("prototype_vectors", new Parameter(zeros(
            architecture.Prototypes, architecture.PrototypeDepth, architecture.PrototypeHeight, architecture.PrototypeWidth)));
        register_module("features", Features);
        register_module("add_on_layers", AddOnLayers);
        register_module("last_layer", _lastLayer);
        if (initial is not null)
        {
            Initialisation.Fill(Features, AddOnLayers, PrototypeVectors, architecture.LatentSpace, initial);
            KeepPrototypesInSpace();
        }
        train();
    }

    /// <summary>The architecture of the network.</summary>
    public NetworkArchitecture Architecture { get; }

    /// <summary>The backbone f: images N × 3 × S × S to features N × channels × H × W.</summary>
    [field: ComponentName(Name = "features")]
    public BackboneNetwork Features { get; }

    /// <summary>Features to latent patches: N × channels × H × W to N × D × H × W.</summary>
    [field: ComponentName(Name = "add_on_layers")]
    public nn.Module<Tensor, Tensor> AddOnLayers { get; }

    /// <summary>The prototypes: P × D × h × w.</summary>
    public Parameter PrototypeVectors => get_parameter("prototype_vectors")!;

    /// <summary>The weights of the last layer: K × P.</summary>
    public Parameter LastLayer => _lastLayer.Weight;

    /// <summary>
    /// Whether <see cref="train"/> leaves batch norms in evaluation mode (the default): their statistics then never change,
    /// and prototypes stay the patches that they were projected onto.
    /// </summary>
    public bool BatchNormFrozen { get; set; } = true;

    /// <summary>Images N × 3 × S × S to the latent map N × D × H × W.</summary>
    public LatentMap Latent(Tensor images)
    {
        using Tensor features = Features.call(images);
        return LatentOf(features);
    }

    /// <summary>Features of the backbone (N × C × H × W) to the latent map N × D × H × W.</summary>
    public LatentMap LatentOf(Tensor features) => new(PatchesOf(features), OnObject(features));

    /// <summary>Which patches of a map of features (N × C × H × W) lie on the object; null if the network has no object mask.</summary>
    public Tensor? OnObject(Tensor features)
        => Architecture.ObjectMask ? ObjectMask.Of(features, Architecture.PrototypeHeight, Architecture.PrototypeWidth) : null;

    /// <summary>Features of any cells (N × C × H × W) to their latent patches (N × D × H × W): the add-on layers work cell by cell.</summary>
    public Tensor PatchesOf(Tensor features)
    {
        if (training) return AddOnLayers.call(features);
        using (FullPrecision.Enter()) return AddOnLayers.call(features);
    }

    /// <summary>Squared distances of the latent patches to the prototypes: N × P × H' × W'.</summary>
    public Tensor Distances(LatentMap latent) => Distances(latent, PrototypeVectors);

    /// <summary>Squared distances to other prototypes (P × D × h × w); patches off the object have the largest one.</summary>
    public Tensor Distances(LatentMap latent, Tensor prototypes)
    {
        if (training) return Compared();
        using (FullPrecision.Enter()) return Compared();

        Tensor Compared()
        {
            Tensor distances = PrototypeLayer.Distances(latent.Values, prototypes, Architecture.LatentSpace);
            return latent.OnObject is null ? distances : latent.Outside(distances, Architecture.LargestDistance);
        }
    }

    /// <summary>
    /// Squared distances of the nearest patches (N × P), without gradients: those of <see cref="MinDistances"/> to rounding, but no larger tensor is
    /// made than the result and a few images' distances.
    /// </summary>
    public Tensor Nearest(LatentMap latent)
    {
        using DisposeScope scope = NewDisposeScope();
        (Tensor patches, Tensor prototypes) = Centred(Patches.Rows(latent.Values, Architecture), PrototypeVectors);
        return NearestDistances.ValuesOf(patches, prototypes, latent.OnObject?.flatten(1)).MoveToOuterDisposeScope();
    }

    /// <summary>The same with what gradients need.</summary>
    /// <param name="patches">The latent patches as rows: N × H'W' × Dhw.</param>
    /// <param name="onObject">Which of them lie on the object (N × 1 × H' × W'); null if all count.</param>
    /// <param name="prototypes">The prototypes: P × D × h × w.</param>
    public NearestDistances Nearest(Tensor patches, Tensor? onObject, Tensor prototypes)
    {
        (Tensor rows, Tensor vectors) = Centred(patches, prototypes);
        return NearestDistances.Of(rows, vectors, onObject?.flatten(1));
    }

    /// <summary>Patches and prototypes as rows, relative to the centre of their space, where distances round least.</summary>
    private (Tensor Patches, Tensor Prototypes) Centred(Tensor patches, Tensor prototypes)
    {
        using IDisposable mode = no_grad();
        double centre = PrototypeLayer.Centre(Architecture.LatentSpace);
        Tensor vectors = prototypes.flatten(1);
        return centre == 0 ? (patches, vectors) : (patches.Plus(-centre), vectors.Plus(-centre));
    }

    /// <summary>Moves prototypes back onto the sphere after a training step. In the cube they are unconstrained, as published.</summary>
    public void KeepPrototypesInSpace()
    {
        if (Architecture.LatentSpace != LatentSpace.Sphere) return;
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        PrototypeVectors.copy_(nn.functional.normalize(PrototypeVectors, p: 2, dim: 1, eps: UnitLengthLayer.Shortest));
    }

    /// <summary>The minimum over the map: N × P.</summary>
    public static Tensor MinDistances(Tensor distances) => PrototypeLayer.Nearest(distances);

    /// <summary>Similarities, with the shape of the distances.</summary>
    public Tensor Similarity(Tensor distances) => PrototypeLayer.Similarity(distances, Architecture.Similarity, Architecture.Epsilon);

    /// <summary>Similarities N × P to logits N × K.</summary>
    public Tensor Logits(Tensor similarities) => _lastLayer.call(similarities);

    /// <summary>Computes logits, similarities and distances from a latent map.</summary>
    public NetworkOutput Classify(LatentMap latent)
    {
        using Tensor distances = Distances(latent);
        return Classify(distances);
    }

    /// <summary>Computes logits and similarities from the squared distances N × P × H' × W'.</summary>
    public NetworkOutput Classify(Tensor distances)
    {
        Tensor nearest = MinDistances(distances);
        Tensor similarities = Similarity(nearest);
        return new(Logits(similarities), similarities, nearest);
    }

    /// <summary>The complete forward pass: images N × 3 × S × S to logits, similarities and distances.</summary>
    public NetworkOutput Forward(Tensor images)
    {
        using LatentMap latent = Latent(images);
        return Classify(latent);
    }

    /// <summary>The complete forward pass, to the logits N × K only.</summary>
    public override Tensor forward(Tensor images)
    {
        using DisposeScope scope = NewDisposeScope();
        return Forward(images).Logits.MoveToOuterDisposeScope();
    }

    /// <summary>Switches to training mode, with batch norms updated or frozen, and the backbone computing in the given type.</summary>
    public void Train(bool follow, ScalarType type = ScalarType.Float32)
    {
        BatchNormFrozen = !follow;
        Features.TrainingType = type;
        train();
    }

    /// <summary>Switches between training and evaluation mode; batch norms are updated only if <see cref="BatchNormFrozen"/> is false.</summary>
    public override void train(bool on = true)
    {
        base.train(on);
        if (!BatchNormFrozen) return;
        foreach (BatchNormLayer norm in modules().OfType<BatchNormLayer>()) norm.eval();
    }
}
