namespace ProtoPNet.MLNet.Tests.Datasets;

/// <summary>A folder that is gone when the test ends.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("protopnet-test-").FullName;

    public string In(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    public void Write(string file, string content) => Write(file, System.Text.Encoding.UTF8.GetBytes(content));

    public void Write(string file, byte[] content)
    {
        string path = In(file);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
