using ProtoPNet.MLNet.Native;
using Xunit;

namespace ProtoPNet.MLNet.Tests.Native;

public class ElfVersionNeedsTests
{
    private static byte[] Sample() => SmallElf.Asking(
        ("libm.so.6", ["GLIBC_2.29"]),
        ("libstdc++.so.6", ["GLIBCXX_3.4", "GLIBCXX_3.4.32", "CXXABI_1.3"]),
        ("libother.so.1", ["GLIBCXX_3.4.32"]));

    [Fact]
    public void The_asked_version_becomes_weak_and_nothing_else_changes()
    {
        byte[] before = Sample(), after = Sample();

        Assert.Equal(2, ElfVersionNeeds.MarkWeak(after, "GLIBCXX_3.4.32"));

        Assert.Equal(2, SmallElf.FlagsOf(after, "libstdc++.so.6", "GLIBCXX_3.4.32"));
        Assert.Equal(2, SmallElf.FlagsOf(after, "libother.so.1", "GLIBCXX_3.4.32"));
        Assert.Equal(0, SmallElf.FlagsOf(after, "libstdc++.so.6", "GLIBCXX_3.4"));
        Assert.Equal(2, before.Zip(after).Count(p => p.First != p.Second));
    }

    [Fact]
    public void A_version_that_is_not_asked_for_changes_nothing()
    {
        byte[] elf = Sample();
        Assert.Equal(0, ElfVersionNeeds.MarkWeak(elf, "GLIBCXX_3.4.3"));
        Assert.Equal(Sample(), elf);
    }

    [Fact]
    public void Marking_twice_is_marking_once()
    {
        byte[] once = Sample(), twice = Sample();
        ElfVersionNeeds.MarkWeak(once, "CXXABI_1.3");
        ElfVersionNeeds.MarkWeak(twice, "CXXABI_1.3");
        Assert.Equal(1, ElfVersionNeeds.MarkWeak(twice, "CXXABI_1.3"));
        Assert.Equal(once, twice);
    }

    [Theory]
    [InlineData("MZ and so on, a Windows library that is by far long enough to hold the header of an ELF file")]
    [InlineData("")]
    public void Other_files_are_refused(string content)
    {
        var e = Assert.Throws<BadImageFormatException>(() => ElfVersionNeeds.MarkWeak(System.Text.Encoding.ASCII.GetBytes(content), "X"));
        Assert.Contains("ELF", e.Message);
    }

    [Fact]
    public void A_file_cut_or_changed_anywhere_gives_an_error_and_never_a_hang()
    {
        byte[] whole = Sample();
        for (int length = 0; length < whole.Length; length++) Try(whole[..length]);
        for (int at = 6; at < whole.Length; at++)
            foreach (byte value in (byte[])[0x00, 0x7f, 0xff])
            {
                byte[] changed = Sample();
                changed[at] = value;
                Try(changed);
            }

        static void Try(byte[] elf)
        {
            try
            {
                ElfVersionNeeds.MarkWeak(elf, "GLIBCXX_3.4.32");
            }
            catch (BadImageFormatException)
            {
            }
        }
    }
}
