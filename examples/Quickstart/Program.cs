using Quickstart;

// Started with a model it is the second process; otherwise it does everything from the beginning.
return args is ["explain", var model, var birds, var picture] ? SecondProcess.Run(model, birds, picture) : FirstProcess.Run();
