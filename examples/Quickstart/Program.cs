using Quickstart;

// Started with a model and a picture it is the second process; otherwise it does everything from the beginning.
return args is ["explain", var model, var picture, var explanation] ? SecondProcess.Run(model, picture, explanation) : FirstProcess.Run();
