using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;

namespace WebService;

/// <summary>
/// Sends the service of this process a bounded number of requests over the loopback address, from several clients at once, and compares every answer with
/// that of a quiet moment. Memory must not grow with the number of requests.
/// </summary>
internal static class LoadTest
{
    private const int Requests = 450, Clients = 8, Photographs = 12, AllowedGrowthMB = 64;

    public static async Task<int> Run(string model, string folder)
    {
        using var classifier = new Classifier(model);
        await using WebApplication service = Service.Create(classifier, ["--urls", "http://127.0.0.1:0"]);
        await service.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(service.Urls.Single()) };
        byte[][] photographs = [.. Directory.EnumerateFiles(folder, "*.jpg", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal).Take(Photographs).Select(File.ReadAllBytes)];

        string expectedPage = await Text(client, "/explain", photographs[0]);
        RankedClass[][] expected = new RankedClass[photographs.Length][];
        for (int i = 0; i < photographs.Length; i++) expected[i] = await Predicted(client, photographs[i]);
        if (await Status(client, "/predict", "no photograph"u8.ToArray()) != HttpStatusCode.BadRequest) return Failed("A file that is not a photograph was not refused.");

        int wrong = 0;
        await Send(Requests / 3);           // until everything that stays has been allocated
        double before = MegabytesNow();
        var watch = Stopwatch.StartNew();
        await Send(Requests);
        double seconds = watch.Elapsed.TotalSeconds, grown = MegabytesNow() - before;
        bool alive = (await client.GetAsync("/health")).IsSuccessStatusCode;
        await service.StopAsync();

        Console.WriteLine($"{Requests} requests from {Clients} clients: {Requests / seconds:F0} a second, {wrong} wrong answers, "
            + $"memory {before:F0} MB before and {grown:+0;-0;0} MB more after");
        return !alive ? Failed("The service is no longer healthy.")
            : wrong > 0 ? Failed("Answers under load differ from those of a quiet moment.")
            : grown > AllowedGrowthMB ? Failed($"Memory grew by more than {AllowedGrowthMB} MB.") : 0;

        Task Send(int count) => Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Clients }, async (i, _) =>
        {
            int photograph = i % photographs.Length;
            bool right = i % 20 == 19
                ? await Text(client, "/explain", photographs[0]) == expectedPage
                : (await Predicted(client, photographs[photograph])).SequenceEqual(expected[photograph]);
            if (!right) Interlocked.Increment(ref wrong);
        });
    }

    private static async Task<RankedClass[]> Predicted(HttpClient client, byte[] photograph)
    {
        using HttpResponseMessage answer = await client.PostAsync("/predict", new ByteArrayContent(photograph));
        return (await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<RankedClass[]>())!;
    }

    private static async Task<string> Text(HttpClient client, string path, byte[] photograph)
    {
        using HttpResponseMessage answer = await client.PostAsync(path, new ByteArrayContent(photograph));
        return await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    private static async Task<HttpStatusCode> Status(HttpClient client, string path, byte[] body)
    {
        using HttpResponseMessage answer = await client.PostAsync(path, new ByteArrayContent(body));
        return answer.StatusCode;
    }

    /// <summary>The memory of this process that is in use, 10⁶ bytes, without garbage.</summary>
    private static double MegabytesNow()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using Process process = Process.GetCurrentProcess();
        return process.WorkingSet64 / 1e6;
    }

    private static int Failed(string why)
    {
        Console.Error.WriteLine($"error: {why}");
        return 1;
    }
}
