using System.Buffers;
using System.Text;
using OrleansOrchestrator.Node.Metrics;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Usage;

namespace OrleansOrchestrator.Node.Tests.Usage;

public sealed class KernelFileTests
{
    [Fact]
    public void Number_OfAName_IsThatOfTheWholeName()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "total_rss_huge 7\ntotal_rss 5\nmax 18446744073709551615\n");
            using var file = KernelFile.Open(path)!;

            file.Number("total_rss"u8).ShouldBe(5);
            file.Number("rss"u8).ShouldBeNull();
            file.Number("max"u8).ShouldBeNull("more than a long");
            file.CountLines().ShouldBe(3);
        }
        finally
        {
            File.Delete(path);
        }

        KernelFile.Open("/none/such").ShouldBeNull();
        KernelFile.NumberIn("/proc/self/comm").ShouldBeNull();
    }

    [Fact]
    public void Interfaces_OfTheKernelsTable_AreReadWithoutTheLoopback()
    {
        const string Table =
            "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
            + "    lo:   10 1 0 0 0 0 0 0 10 1 0 0 0 0 0 0\n  eth0:1234567890123 11 2 3 0 0 0 0     42       4    5    6    0     0       0          0\nveth12@if: 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1\n";

        InterfaceUsage.Parse(Table).ShouldBe([new InterfaceUsage("eth0", 1234567890123, 11, 2, 3, 42, 4, 5, 6)]);
    }

    [Fact]
    public void Text_OfAnyLabelsAndNumbers_IsThatOfPrometheus()
    {
        var output = new ArrayBufferWriter<byte>();
        var text = new MetricsText(output);

        text.Family("a_total", "counter", "Things.");
        text.Sample(MetricsText.LabelsOf(("x", "q\"b\\n\nü")), 1e15 + 1, 7);
        text.Sample("", 0.25);
        text.Sample("", double.PositiveInfinity, suffix: "_bucket");

        Encoding.UTF8.GetString(output.WrittenSpan).ShouldBe("# HELP a_total Things.\n# TYPE a_total counter\na_total{x=\"q\\\"b\\\\n\\nü\"} 1000000000000001 7\na_total 0.25\na_total_bucket +Inf\n");
    }
}
