using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Map = TorchSharp.torch.nn.Module<TorchSharp.torch.Tensor, TorchSharp.torch.Tensor>;

namespace ProtoPNet.MLNet.Benchmarks;

/// <summary>
/// The convolutional part of ML.NET's ResNet-18 (which has a third block in its last stage) as one writes it in TorchSharp: the library's layers,
/// nothing of ours.
/// </summary>
internal sealed class HandWrittenResNet18 : Map
{
    private readonly Map _stem, _blocks;

    public HandWrittenResNet18() : base(nameof(HandWrittenResNet18))
    {
        _stem = nn.Sequential(
            nn.Conv2d(3, 64, 7, stride: 2, padding: 3, bias: false), nn.BatchNorm2d(64), nn.ReLU(inplace: true), nn.MaxPool2d(3, 2, 1));
        _blocks = nn.Sequential(
            new Block(64, 64, 1), new Block(64, 64, 1), new Block(64, 128, 2), new Block(128, 128, 1),
            new Block(128, 256, 2), new Block(256, 256, 1), new Block(256, 512, 2), new Block(512, 512, 1), new Block(512, 512, 1));
        RegisterComponents();
    }

    public override Tensor forward(Tensor images)
    {
        using Tensor x = _stem.call(images);
        return _blocks.call(x);
    }

    private sealed class Block : Map
    {
        // In the order of ML.NET's file, so that weights can be copied one after the other.
        private readonly Map? _shortcut;
        private readonly Map _body;

        public Block(int inputs, int outputs, int stride) : base(nameof(Block))
        {
            if (stride > 1) _shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride: stride, bias: false), nn.BatchNorm2d(outputs));
            _body = nn.Sequential(
                nn.Conv2d(inputs, outputs, 3, stride: stride, padding: 1, bias: false), nn.BatchNorm2d(outputs), nn.ReLU(inplace: true),
                nn.Conv2d(outputs, outputs, 3, padding: 1, bias: false), nn.BatchNorm2d(outputs));
            RegisterComponents();
        }

        public override Tensor forward(Tensor x)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor through = _shortcut?.call(x) ?? x;
            return _body.call(x).add_(through).relu_().MoveToOuterDisposeScope();
        }
    }
}
