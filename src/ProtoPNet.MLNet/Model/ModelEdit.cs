using System.Text.Json.Serialization;
using ProtoPNet.MLNet.Images;

namespace ProtoPNet.MLNet.Model;

/// <summary>
/// What a person changes in a model after looking at its prototypes. Prototypes are given by name (<c>Cardinal #3</c>), which they keep when others
/// leave.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "edit")]
[JsonDerivedType(typeof(StrikeOut), "strikeOut")]
[JsonDerivedType(typeof(Forbid), "forbid")]
[JsonDerivedType(typeof(Merge), "merge")]
[JsonDerivedType(typeof(Rename), "rename")]
public abstract record ModelEdit
{
    private ModelEdit()
    {
    }

    /// <summary>Why the edit makes no sense for any model; null if it does.</summary>
    internal abstract string? Fault { get; }

    /// <summary>A prototype leaves.</summary>
    /// <param name="Prototype">Its name.</param>
    public sealed record StrikeOut(string Prototype) : ModelEdit
    {
        internal override string? Fault => null;

        /// <inheritdoc/>
        public override string ToString() => $"{Prototype} struck out";
    }

    /// <summary>
    /// A region of a training photograph shows nothing of its class: prototypes that are patches of it leave, and the projection of a training that
    /// continues from the model takes no patch there.
    /// </summary>
    /// <param name="ImageId">The photograph, as prototypes name their source.</param>
    /// <param name="Region">The region in pixels of the network's input, S × S. A patch belongs to it if the centre of its cell lies inside.</param>
    public sealed record Forbid(string ImageId, PixelBox Region) : ModelEdit
    {
        internal override string? Fault => Region.Top >= 0 && Region.Left >= 0 && Region.Height > 0 && Region.Width > 0 ? null
            : $"the region {Region} is empty, or begins outside the photograph.";

        /// <inheritdoc/>
        public override string ToString()
            => $"rows {Region.Top} to {Region.Bottom} and columns {Region.Left} to {Region.Right} of {ImageId} forbidden";
    }

    /// <summary>A prototype becomes part of another of its class, which also takes its weights until the last layer is solved again.</summary>
    /// <param name="Prototype">The name of the prototype that leaves.</param>
    /// <param name="Into">The name of the one that stays.</param>
    public sealed record Merge(string Prototype, string Into) : ModelEdit
    {
        internal override string? Fault => Prototype != Into ? null : $"'{Prototype}' cannot be merged with itself.";

        /// <inheritdoc/>
        public override string ToString() => $"{Prototype} merged into {Into}";
    }

    /// <summary>A prototype is given words for what it shows, which explanations use.</summary>
    /// <param name="Prototype">Its name, which it keeps as well.</param>
    /// <param name="Words">Up to <see cref="Model.Prototype.MostWords"/> characters; null takes its words away.</param>
    public sealed record Rename(string Prototype, string? Words = null) : ModelEdit
    {
        internal override string? Fault => Words is null || Model.Prototype.AreWords(Words) ? null
            : $"words are 1 to {Model.Prototype.MostWords} characters on one line, without space at their ends.";

        /// <inheritdoc/>
        public override string ToString() => Words is null ? $"{Prototype} without words" : $"{Prototype} called “{Words}”";
    }
}
