using WebService;

// Classifies and explains uploaded photographs:
//     dotnet run -c Release --project examples/WebService -- model.zip [--urls http://127.0.0.1:5000]
//     curl --data-binary @photograph.jpg http://127.0.0.1:5000/predict
//     curl --data-binary @photograph.jpg http://127.0.0.1:5000/explain > explanation.html
// and, to see that answers stay right and memory flat under load:
//     dotnet run -c Release --project examples/WebService -- model.zip --load-test photographs
if (args is not [var model, ..] || !File.Exists(model))
{
    Console.Error.WriteLine("Give a model.zip, such as OwnPhotographs writes.");
    return 2;
}
if (args is [_, "--load-test", var photographs]) return await LoadTest.Run(model, photographs);
using var classifier = new Classifier(model);
await using WebApplication service = Service.Create(classifier, args[1..]);
await service.RunAsync();
return 0;
