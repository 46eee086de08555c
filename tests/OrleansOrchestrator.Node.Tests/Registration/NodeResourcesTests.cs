using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Node.Agent;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Registration;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Node.Usage;

namespace OrleansOrchestrator.Node.Tests.Registration;

public sealed class NodeResourcesTests
{
    private const long Gibi = 1L << 30;
    private static readonly NodeAgentOptions Options = new() { DataDirectory = "data" };

    [Fact]
    public void Of_ByDefault_KeepsFreeWhatMustBeLeft()
    {
        var resources = NodeResources.Of(Options, Machine());

        Text(resources.Capacity).ShouldBe(["cpu=4", "ephemeral-storage=100Gi", "memory=8Gi", "pods=110"]);
        Text(resources.Allocatable).ShouldBe(["cpu=4", "ephemeral-storage=90Gi", "memory=8092Mi", "pods=110"]);
        var limits = resources.LimitsOfPods(Options);
        (limits with { PidsMax = null }).ShouldBe(CgroupLimits.None);
        limits.PidsMax.ShouldNotBeNull().ShouldBeInRange(1, MachineUsage.ReadTasksMax() - 1, "the machine keeps processes for itself");
    }

    [Fact]
    public void Of_WithReservations_OffersTheRestAndLimitsPodsToIt()
    {
        var options = Options with
        {
            SystemReserved = new Dictionary<string, string> { ["cpu"] = "500m", ["memory"] = "1Gi" },
            KubeReserved = new Dictionary<string, string> { ["cpu"] = "250m", ["memory"] = "512Mi", ["ephemeral-storage"] = "10Gi" },
            EvictionHard = new Dictionary<string, string>(),
            PodPidsLimit = 1000,
        };

        var resources = NodeResources.Of(options, Machine());

        Text(resources.Allocatable).ShouldBe(["cpu=3250m", "ephemeral-storage=90Gi", "memory=6656Mi", "pods=110"]);
        (resources.LimitsOfPods(options) with { PidsMax = null }).ShouldBe(new CgroupLimits(1000, 3250, 13 * Gibi / 2));
    }

    [Fact]
    public void Of_WithHugePages_ReportsThemAndTakesThemFromMemory()
    {
        var resources = NodeResources.Of(Options with { EvictionHard = new Dictionary<string, string>() }, Machine() with { HugePages = new Dictionary<long, long> { [2 << 20] = 512, [Gibi] = 0 } });

        Text(resources.Capacity).ShouldBe(["cpu=4", "ephemeral-storage=100Gi", "hugepages-1Gi=0", "hugepages-2Mi=1Gi", "memory=8Gi", "pods=110"]);
        resources.Allocatable["memory"].ToString().ShouldBe("7Gi");
    }

    [Fact]
    public void Of_MoreReservedThanThereIs_OffersNothing() => NodeResources
        .Of(Options with { SystemReserved = new Dictionary<string, string> { ["memory"] = "9Gi" } }, Machine()).Allocatable["memory"].IsZero.ShouldBeTrue();

    [Theory]
    [InlineData("memory", "8Gi", "memory")]
    [InlineData("memory", "9Gi", "memory")]
    [InlineData("memory", "8100Mi", "memory")]
    [InlineData("memory", "7000Mi", "")]
    [InlineData("cpu", "4", "cpu")]
    [InlineData("ephemeral-storage", "1Ti", "ephemeral-storage")]
    [InlineData("pid", "5000000", "pid")]
    [InlineData("pid", "0", "")]
    public void FaultsOf_ReservationsThatLeaveNothing_NamesThem(string resource, string amount, string faulty)
    {
        var options = Options with { KubeReserved = new Dictionary<string, string> { [resource] = amount } };

        var faults = NodeResources.Of(options, Machine()).FaultsOf(options).ToList();

        faults.Select(fault => fault.Split(" of ")[1].Split(',')[0]).ShouldBe(faulty.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task Start_WithReservationsThatLeaveNothing_IsRefused()
    {
        var folder = Directory.CreateTempSubdirectory("reserved-").FullName;
        await using var api = await FakeApiServer.StartAsync();
        using var connection = api.Connect();
        try
        {
            var options = new NodeAgentOptions
            {
                Name = "reserved",
                DataDirectory = folder,
                Runtime = RuntimeKind.Hollow,
                SystemReserved = new Dictionary<string, string> { ["memory"] = "1Ei" },
            };
            await using var agent = new NodeAgent(options, connection, TimeProvider.System, NullLoggerFactory.Instance);

            (await Should.ThrowAsync<ArgumentException>(() => agent.StartAsync(TestContext.Current.CancellationToken)))
                .Message.ShouldStartWith("SystemReserved and KubeReserved take 1Ei of memory, and the machine has ");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<string> Text(IReadOnlyDictionary<string, Model.Quantities.Quantity> resources) =>
        resources.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key}={one.Value}");

    private static MachineInfo Machine() => new()
    {
        Cores = 4,
        MemoryBytes = 8 * Gibi,
        DiskBytes = 100 * Gibi,
        KernelVersion = "",
        OsImage = "",
        Architecture = "",
        MachineId = "",
        BootId = "",
        SystemUuid = "",
    };
}
