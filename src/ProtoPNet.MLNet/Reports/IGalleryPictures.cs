using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Reports;

/// <summary>Where a gallery has the pictures of its prototypes from.</summary>
internal interface IGalleryPictures
{
    /// <summary>The address of a prototype's own part; null if the model has no readable picture.</summary>
    string? Part(Prototype prototype);

    /// <summary>The address of its photograph; null if the model has no readable picture.</summary>
    string? Photograph(Prototype prototype);
}

/// <summary>Pictures inside the page, for files.</summary>
internal sealed class EmbeddedPictures : IGalleryPictures
{
    /// <inheritdoc/>
    public string? Part(Prototype prototype) => Pictures.Uri(prototype.Source?.Picture, Pictures.Part);

    /// <inheritdoc/>
    public string? Photograph(Prototype prototype) => Pictures.Uri(prototype.Source?.Thumbnail, Pictures.Context);
}
