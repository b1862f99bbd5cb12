using ProtoPNet.MLNet.Model;

namespace ProtoPNet.MLNet.Network;

/// <summary>Rejects architectures that cannot be built.</summary>
internal static class ArchitectureCheck
{
    /// <summary>Throws if a network could not be built or its map would be empty.</summary>
    /// <exception cref="ArgumentException">The message says what is wrong and what is allowed.</exception>
    public static void Check(this NetworkArchitecture architecture)
    {
        // The upper limits are far above practical use; they prevent a damaged file from exhausting memory.
        AtLeastOne(architecture.Classes, "number of classes");
        AtLeastOne(architecture.Prototypes, "number of prototypes");
        Between(architecture.PrototypeDepth, 4096, "prototypes' depth");
        AtLeastOne(architecture.PrototypeHeight, "prototypes' height");
        AtLeastOne(architecture.PrototypeWidth, "prototypes' width");
        Between(architecture.ImageSize, 8192, "image size");
        for (int j = 0; j < architecture.Prototypes; j++)
            if (architecture.PrototypeClasses[j] is int k && (k < 0 || k >= architecture.Classes))
                throw new ArgumentException(
                    $"Prototype {j} is of class {k}; classes are numbered 0 to {architecture.Classes - 1}.", nameof(architecture));
        if (architecture.Epsilon is not (> 0 and < 1))
            throw new ArgumentException($"The similarity's ε is {architecture.Epsilon}; it must be above 0 and below 1.", nameof(architecture));
        ReceptiveField field = ReceptiveField.Of(architecture);
        if (field.Rows.Cells < 1 || field.Columns.Cells < 1)
            throw new ArgumentException(
                $"Images of {architecture.ImageSize} px leave {architecture.Backbone} no room for prototypes of "
                + $"{architecture.PrototypeHeight}×{architecture.PrototypeWidth} cells: take larger images, fewer stages or smaller prototypes.",
                nameof(architecture));
    }

    private static void AtLeastOne(int value, string what)
    {
        if (value < 1) throw new ArgumentException($"The {what} must be at least 1, not {value}.");
    }

    private static void Between(int value, int most, string what)
    {
        AtLeastOne(value, what);
        if (value > most) throw new ArgumentException($"The {what} must be at most {most}, not {value}.");
    }
}
