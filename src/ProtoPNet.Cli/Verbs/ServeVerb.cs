using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using ProtoPNet.Datasets;
using ProtoPNet.MLNet.Explanations;
using ProtoPNet.Serve;

namespace ProtoPNet.Cli.Verbs;

/// <summary><c>protopnet serve</c>: shows a model in a browser, explains photographs and edits prototypes.</summary>
internal static class ServeVerb
{
    private const int UsualPort = 5080;

    public static Command Create()
    {
        var command = new Command(
            "serve", "Shows a model in a browser: explains uploaded photographs, edits prototypes and shows what that does. "
                + "Only this machine can use it.");
        var model = new Option<FileInfo>("--model") { Description = "The file model.zip; it is not changed.", Required = true };
        var dataset = new DatasetChoice(required: false);
        var validation = new Option<DirectoryInfo?>("--validation-data")
        {
            Description = "A folder of photographs, one folder per class, on which the effect of edits is measured; by default every fifth training "
                + "photograph of a class.",
        };
        var test = new Option<bool>("--test")
        {
            Description = "Also measure edits on the test photographs. Whoever edits by these figures has no test photographs any more.",
        };
        Option<int> port = Ask.Whole("--port", "The port; 0 for a free one.", UsualPort, 0, 65535);
        var address = new Option<IPAddress>("--listen")
        {
            Description = "The address to listen on. Anyone who reaches it can use the server, and edit.",
            DefaultValueFactory = _ => IPAddress.Loopback,
            CustomParser = Address,
        };
        var hosts = new Option<string[]>("--host")
        {
            Description = "Names under which browsers may call the server, besides localhost and its address.",
            DefaultValueFactory = _ => [],
            AllowMultipleArgumentsPerToken = true,
        };
        Option<int> views = Ask.Whole(
            "--views", "Views of each training photograph that the last layer is solved on. With 1, edits are possible sooner.", 5, 1, 100);
        command.Add(model);
        dataset.AddTo(command);
        foreach (Option option in (Option[])[validation, test, port, address, hosts, views]) command.Add(option);
        command.SetAction(async (parsed, cancellation) =>
        {
            string from = parsed.GetRequiredValue(model).Existing("model");
            ImageDataset? photographs = dataset.LoadIfGiven(parsed);
            ImageDataset? own = ValidationFolder.Load(parsed.GetValue(validation));
            if (photographs is null && (own is not null || parsed.GetValue(test)))
                throw new ArgumentException("Edits need the training photographs: give --dataset and --data, too.");
            using ModelFile file = ModelFile.Open(from);
            ServedModel served = new(file.Name, file.Network, file.SaveWith)
            {
                Crops = file.Crops,
                Views = parsed.GetValue(views),
                Photographs = photographs is null ? null : stop => Found(photographs, own, parsed.GetValue(test), stop),
            };
            ServerOptions options = new()
            {
                Address = parsed.GetValue(address)!,
                Port = parsed.GetValue(port),
                Hosts = parsed.GetValue(hosts)!,
                Note = Console.Error.WriteLine,
            };
            await using ProtoPNetServer server = await ProtoPNetServer.Start(served, options, cancellation);
            Console.WriteLine($"{file.Name} is at {server.Address}; Ctrl+C ends it.");
            await Task.Delay(Timeout.Infinite, cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
            return 0;

            ServedPhotographs Found(ImageDataset set, ImageDataset? other, bool tests, CancellationToken stop)
            {
                ImageDataset cut = file.Cut(tests ? set : set.TrainingSplit());
                ImageDataset readable = dataset.Readable(parsed, cut, stop);
                ImageDataset? readableOther = other is null ? null : dataset.Readable(parsed, other, stop);
                IReadOnlyList<AnalysedImage> validating = readableOther is null ? [] : Known(readableOther, readableOther.Train);
                return new(Known(readable, readable.Train), validating, Known(readable, readable.Test));
            }

            IReadOnlyList<AnalysedImage> Known(ImageDataset set, IReadOnlyList<ImageRecord> records)
                => file.Images(set, KnownClasses.Of(file.Network.ClassNames, records).OrFail("not used", Console.Error));
        });
        return command;
    }

    private static IPAddress? Address(ArgumentResult argument)
    {
        string text = argument.Tokens.Single().Value;
        if (IPAddress.TryParse(text, out IPAddress? address)) return address;
        argument.AddError($"--listen is '{text}'; it must be an address such as 127.0.0.1, 0.0.0.0 or ::1.");
        return null;
    }
}
