using System.CommandLine;
using System.Globalization;
using ProtoPNet.MLNet;
using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Import;
using ProtoPNet.MLNet.Network;

namespace ProtoPNet.Cli;

/// <summary>Which backbone: one by its name, or a file with what belongs to it.</summary>
internal sealed class BackboneChoice
{
    private const string DnnResNet18 = "dnn-resnet18";

    private static readonly string s_names = string.Join(", ", Backbone.Published.Select(b => b.Name.ToLowerInvariant()).Prepend(DnnResNet18));

    private static readonly Dictionary<string, InputNormalisation> s_normalisations = new(StringComparer.OrdinalIgnoreCase)
    {
        ["imagenet"] = InputNormalisation.ImageNet,
        ["minus-one-to-one"] = InputNormalisation.MinusOneToOne,
        ["zero-to-one"] = InputNormalisation.ZeroToOne,
        ["zero-to-255"] = InputNormalisation.ZeroTo255,
    };

    private readonly Option<string?> _backbone = new("--backbone")
    {
        Description = $"The convolutional backbone: {s_names}, or a classifier as a file .onnx; {DnnResNet18} unless given, with --init that of the "
            + "earlier model.",
    };
    private readonly Option<string?> _cut = new("--cut")
    {
        Description = "The tensor of a file .onnx to end the backbone at; otherwise its last map before everything is pooled.",
    };
    private readonly Option<string?> _normalisation = new("--normalisation")
    {
        Description = $"What a file .onnx wants of its images: {string.Join(", ", s_normalisations.Keys)}, or the mean of red, green and blue to be "
            + "taken from pixels of 0 to 255, as 123.7,116.8,103.9; imagenet unless given.",
    };
    private readonly Option<ChannelOrder?> _channels = Ask.OneOfOrNot<ChannelOrder>(
        "--channels", "The order of colours that a file .onnx was trained with: rgb or bgr; rgb unless given.");

    public void AddTo(Command command)
    {
        _backbone.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var wanted }] && !IsFile(wanted) && !IsDnn(wanted) && Backbone.Find(wanted) is null)
                result.AddError($"There is no backbone '{wanted}'. There are: {s_names}; any other classifier is read from a file .onnx.");
        });
        foreach (Option option in (Option[])[_backbone, _cut, _normalisation, _channels]) command.Add(option);
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="earlier">The backbone of the model to continue from; null if there is none.</param>
    public Backbone Of(ParseResult parsed, Backbone? earlier)
    {
        string? given = parsed.GetValue(_backbone);
        string wanted = given ?? $"{earlier ?? (object)DnnResNet18}";
        (string? cut, string? normalisation, ChannelOrder? channels) = (
            parsed.GetValue(_cut), parsed.GetValue(_normalisation), parsed.GetValue(_channels));
        bool isFile = given is not null && IsFile(wanted);
        if (!isFile && (cut, normalisation, channels) is not (null, null, null))
            throw new ArgumentException($"--cut, --normalisation and --channels are for files .onnx; --backbone is '{wanted}', which knows its own.");
        if (isFile)
            return Backbone.Onnx(new FileInfo(wanted).Existing("ONNX file"), Normalisation(normalisation), channels ?? ChannelOrder.Rgb, cut);
        if (given is null && earlier is not null) return earlier;
        return IsDnn(wanted) ? Backbone.DnnResNet18 : Backbone.Find(wanted)!;
    }

    private static bool IsFile(string wanted) => wanted.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase);

    private static bool IsDnn(string wanted) => string.Equals(wanted, DnnResNet18, StringComparison.OrdinalIgnoreCase);

    private static InputNormalisation? Normalisation(string? wanted)
    {
        if (wanted is null) return null;
        if (s_normalisations.TryGetValue(wanted, out InputNormalisation? known)) return known;
        double[] mean = [.. wanted.Split(',').Select(part
            => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) ? value : double.NaN)];
        return mean.Length == 3 && mean.All(double.IsFinite) ? InputNormalisation.MinusMean(mean[0], mean[1], mean[2])
            : throw new ArgumentException($"--normalisation is '{wanted}'; it must be {string.Join(", ", s_normalisations.Keys)}, "
                + "or three means of red, green and blue, as 123.7,116.8,103.9.");
    }
}
