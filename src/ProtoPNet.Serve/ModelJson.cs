using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Model;

namespace ProtoPNet.Serve;

/// <summary>The model as <c>/model</c> tells it.</summary>
internal sealed record ModelJson(
    string Name, string Backbone, int ImageSize, bool Crops, IReadOnlyList<string> Classes, IReadOnlyList<ModelJson.OfPrototype> Prototypes,
    IReadOnlyList<ModelRevision> Revisions)
{
    public static ModelJson Of(ServedModel served, TrainedProtoPNet model, PrototypeHead head) => new(
        served.Name, model.Architecture.Backbone.ToString(), model.Architecture.ImageSize, served.Crops, model.ClassNames,
        [.. head.Prototypes.Select((one, place) => new OfPrototype(
            one.Index, one.Name, one.ClassName, one.Words, head.Weights[one.ClassIndex, place], one.Source?.ImageId))],
        model.Revisions);

    internal sealed record OfPrototype(int Index, string Name, string Class, string? Words, float Weight, string? Photograph);
}

/// <summary>Whether the server works, as <c>/healthz</c> tells it.</summary>
/// <param name="Status">Always "ok": a server that does not work does not answer.</param>
/// <param name="Waiting">Requests that wait for the network, or are being computed.</param>
/// <param name="Editing">How far the workbench is.</param>
internal sealed record HealthJson(string Status, int Waiting, string Editing);

/// <summary>Why a request failed.</summary>
internal sealed record ErrorJson(string Error);
