using ProtoPNet.Cli;

using var interruption = new Interruption();
return await Tool.Run(args, Console.Out, Console.Error, interruption.Token);
