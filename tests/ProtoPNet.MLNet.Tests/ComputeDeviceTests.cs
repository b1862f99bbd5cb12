using Microsoft.ML;
using Microsoft.ML.Runtime;
using TorchSharp;
using Xunit;

namespace ProtoPNet.MLNet.Tests;

public sealed class ComputeDeviceTests
{
    [Theory]
    [InlineData("cpu")]
    [InlineData("CPU")]
    [InlineData("Cpu")]
    public void Devices_are_known_in_any_case(string name) => Assert.Equal(DeviceType.CPU, ComputeDevice.Choose(name, new MLContext()).type);

    [Theory]
    [InlineData("Cuda:99", "There is no device 'Cuda:99'")]
    [InlineData("CUDA:-1", "There is no device 'CUDA:-1'")]
    [InlineData("tpu", "Device is 'tpu'; it must be 'cpu', 'cuda', or 'cuda:0'")]
    [InlineData("", "Device is ''; it must be")]
    public void Other_devices_are_refused_with_what_anybody_can_do(string name, string expected)
    {
        string said = Assert.ThrowsAny<ArgumentException>(() => ComputeDevice.Choose(name, (IHostEnvironment)new MLContext())).Message;
        Assert.Contains(expected, said);
        Assert.DoesNotContain("-p:TorchBackend", said);
    }
}
