using CsCheck;
using ProtoPNet.MLNet.Images;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Images;

public sealed class PixelStoreTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"protopnet-test-{Guid.NewGuid():N}");

    [Fact]
    public void What_is_spilled_comes_back_the_same()
        => Gen.Select(Pictures.Any(30).List[1, 12], Gen.Int[0, 20_000]).Sample((images, limit) =>
        {
            using PixelStore store = new(limit, _folder);
            foreach (RgbImage image in images) store.Add(image);
            Assert.Equal(images.Count, store.Count);
            Assert.True(store.BytesInMemory <= limit);
            Assert.Equal(images.Sum(image => image.Pixels.Length), store.BytesInMemory + store.BytesSpilled);
            for (int i = images.Count - 1; i >= 0; i--)
            {
                Assert.Equal((images[i].Width, images[i].Height), store.SizeOf(i));
                Assert.Equal(images[i].Pixels, store.Get(i).Pixels);
                using PixelStore.Lease lease = store.Borrow(i);
                Assert.True(images[i].Pixels.AsSpan().SequenceEqual(lease.Image.Pixels));
            }
        }, iter: 50);

    [Fact]
    public void The_file_grows_past_its_first_size()
    {
        using PixelStore store = new(0, _folder);
        RgbImage[] images = [.. Enumerable.Range(0, 8).Select(i => Plain(2048, 2048, (byte)i))];
        foreach (RgbImage image in images) store.Add(image);
        Assert.Equal(8L * 3 * 2048 * 2048, store.BytesSpilled);
        for (int i = 0; i < images.Length; i++)
        {
            using PixelStore.Lease lease = store.Borrow(i);
            Assert.Equal((byte)i, lease.Image.Pixels[0]);
            Assert.Equal((byte)i, lease.Image.Pixels[^1]);
        }
    }

    [Fact]
    public void Nothing_is_left_in_the_temporary_folder()
    {
        using (PixelStore store = new(0, _folder))
        {
            store.Add(Pictures.Of(10, 10));
            // On Linux and macOS the file is already unlinked, so that even a killed process leaves nothing behind.
            if (!OperatingSystem.IsWindows()) Assert.Empty(Directory.GetFiles(_folder));
        }
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void Without_need_there_is_no_file_and_no_folder()
    {
        using PixelStore store = new(1 << 20, _folder);
        store.Add(Pictures.Of(10, 10));
        Assert.False(Directory.Exists(_folder));
        Assert.Equal(0, store.BytesSpilled);
    }

    [Fact]
    public async Task Threads_read_while_one_adds()
    {
        using PixelStore store = new(10_000, _folder);
        for (int i = 0; i < 10; i++) store.Add(Plain(20, 20, (byte)i));
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        Task adding = Task.Run(() => { for (int i = 10; i < 200; i++) store.Add(Plain(20, 20, (byte)i)); }, cancellation);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 5000; i++) Assert.Equal((byte)(i % 10), store.Get(i % 10).Pixels[^1]);
        }, cancellation)).Append(adding));
        for (int i = 0; i < 200; i++) Assert.Equal((byte)i, store.Get(i).Pixels[0]);
    }

    public void Dispose()
    {
        if (Directory.Exists(_folder)) Directory.Delete(_folder, recursive: true);
    }

    private static RgbImage Plain(int width, int height, byte colour)
    {
        byte[] pixels = new byte[3 * width * height];
        Array.Fill(pixels, colour);
        return new(width, height, pixels);
    }
}
