using ProtoPNet.Cli;
using ProtoPNet.Cli.Libtorch;

LibtorchResolver.Register();
using var interruption = new Interruption();
return await Tool.Run(args, Console.Out, Console.Error, interruption.Token);
