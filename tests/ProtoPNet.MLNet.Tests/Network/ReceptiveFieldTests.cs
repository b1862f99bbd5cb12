using ProtoPNet.MLNet.Images;
using ProtoPNet.MLNet.Network;
using ProtoPNet.MLNet.Network.Layers;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Network;

public sealed class ReceptiveFieldTests
{
    [Theory]
    [InlineData(nameof(Backbone.Vgg11), 91, 37, 187)]
    [InlineData(nameof(Backbone.Vgg13), 94, 34, 190)]
    [InlineData(nameof(Backbone.Vgg16), 122, 6, 218)]
    [InlineData(nameof(Backbone.Vgg19), 150, 0, 224)]
    [InlineData(nameof(Backbone.ResNet18), 218, 0, 224)]
    [InlineData(nameof(Backbone.ResNet50), 214, 0, 224)]
    public void Boxes_are_the_published_ones(string name, int cornerEnd, int middleStart, int middleEnd)
    {
        Backbone backbone = Backbone.Find(name)!;
        ReceptiveField field = ReceptiveField.Of(ProtoPNetNetworkTests.Small(backbone) with { ImageSize = 224 });
        Assert.Equal(new PixelBox(0, cornerEnd, 0, cornerEnd), field.Box(0, 0));
        Assert.Equal(new PixelBox(middleStart, middleEnd, middleStart, middleEnd), field.Box(3, 3));
        Assert.False(field.IsWholeImage);
    }

    [Fact]
    public void Deep_backbones_see_the_whole_image_from_every_cell()
        => Assert.True(ReceptiveField.Of(ProtoPNetNetworkTests.Small(Backbone.DenseNet121) with { ImageSize = 224 }).IsWholeImage);

    [Fact]
    public void Larger_prototypes_see_more_along_their_longer_side()
    {
        NetworkArchitecture cut = ProtoPNetNetworkTests.Small(Backbone.ResNet18, 3) with { ImageSize = 224 };
        ReceptiveField cells = ReceptiveField.Of(cut), wide = ReceptiveField.Of(cut with { PrototypeWidth = 3 });
        Assert.Equal(cells.Rows, wide.Rows);
        Assert.Equal(new ReceptiveAxis(12, 16, cells.Columns.Size + 32, cells.Columns.Start + 16), wide.Columns);
    }
}
