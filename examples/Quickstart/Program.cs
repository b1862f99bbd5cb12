using Quickstart;

// With a model as argument, this is the second process; otherwise the first.
return args is ["explain", var model, var birds, var picture] ? SecondProcess.Run(model, birds, picture) : FirstProcess.Run();
