using ProtoPNet.MLNet.Files;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Files;

public sealed class WholeFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_cannot_be_finished_leaves_the_file_before_and_nothing_else()
    {
        string path = _folder.In("model.zip");
        WholeFile.Write(path, "the one before");
        Assert.Equal($"'{path}' could not be written: There is not enough space.", Assert.Throws<IOException>(() => WholeFile.Write(path, stream =>
        {
            stream.Write(new byte[1000]);
            throw new IOException("There is not enough space.");
        })).Message);
        Assert.Throws<InvalidOperationException>(() => WholeFile.Write(path, _ => throw new InvalidOperationException()));
        Assert.Equal("the one before", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_file_replaces_the_one_before_as_a_whole_and_missing_folders_are_made()
    {
        string path = _folder.In("a", "b", "text");
        WholeFile.Write(path, "a long text");
        WholeFile.Write(path, "é");
        Assert.Equal([0xC3, 0xA9], File.ReadAllBytes(path));
        WholeFile.Write(path, [1, 2, 3]);
        Assert.Equal([1, 2, 3], File.ReadAllBytes(path));
    }

    [Fact]
    public void Whether_a_file_can_be_written_is_known_beforehand()
    {
        string file = _folder.Write("file", "");
        Assert.Contains("is a folder", Assert.Throws<IOException>(() => WholeFile.Check(_folder.Path)).Message);
        Assert.Contains("cannot be written", Assert.Throws<IOException>(() => WholeFile.Check(Path.Combine(file, "model.zip"))).Message);
        WholeFile.Check(_folder.In("new", "deep", "model.zip"));
        Assert.False(Directory.Exists(_folder.In("new"))); // the check leaves nothing behind
    }

    [Fact]
    public void A_held_folder_is_refused_to_others_with_the_process_that_holds_it()
    {
        string folder = _folder.In("out");
        using (HeldFolder.Take(folder))
        {
            IOException refused = Assert.Throws<IOException>(() => HeldFolder.Take(folder));
            Assert.Contains($"process {Environment.ProcessId}", refused.Message);
            Assert.Contains(folder, refused.Message);
        }
        Assert.False(Directory.Exists(folder), "A folder created in vain is left behind.");
        HeldFolder.Take(folder).Dispose();
        HeldFolder.Take(_folder.Path).Dispose();
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Taking_a_folder_removes_what_killed_runs_left_half_written_and_nothing_else()
    {
        string mine = _folder.Write("notes.tmp", "mine"), whole = _folder.Write("model.zip", "whole");
        _folder.Write($"model.zip.{Guid.NewGuid():N}.tmp", "half");
        HeldFolder.Take(_folder.Path).Dispose();
        Assert.Equal([whole, mine], Directory.GetFiles(_folder.Path).Order());
    }

    [Fact]
    public void A_file_is_no_folder_to_write_to()
        => Assert.Contains("is a file", Assert.Throws<IOException>(() => HeldFolder.Take(_folder.Write("out", ""))).Message);
}
