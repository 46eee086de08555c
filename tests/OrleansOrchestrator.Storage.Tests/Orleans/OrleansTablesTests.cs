using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Storage;
using OrleansOrchestrator.Storage.Tests.PostgreSql;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Storage.Tests.Orleans;

/// <summary>Our tables and statements under the real AdoNet providers: membership and grain state.</summary>
public sealed class OrleansTablesTests(PostgreSqlFixture fixture)
{
    internal const string Provider = "postgresql";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Silos_StartedAtOnce_FormOneCluster()
    {
        PostgreSqlFixture.RequireServer();
        var cluster = NewName();
        using var first = CreateSilo(cluster);
        using var second = CreateSilo(cluster);

        await Task.WhenAll(first.StartAsync(Cancellation), second.StartAsync(Cancellation));

        var management = Grains(first).GetGrain<IManagementGrain>(0);
        await Eventually.HoldsAsync(async () => (await management.GetHosts(onlyActive: true, Cancellation)).Count == 2);
        await second.StopAsync(Cancellation);
        await Eventually.HoldsAsync(async () => (await management.GetHosts(onlyActive: true, Cancellation)).Count == 1);
        (await management.GetHosts(onlyActive: false, Cancellation)).Values.ShouldContain(SiloStatus.Dead);

        await first.Services.GetRequiredService<IMembershipTable>().CleanupDefunctSiloEntriesAsync(DateTimeOffset.MaxValue, Cancellation);
        (await management.GetHosts(onlyActive: false, Cancellation)).Values.ShouldBe([SiloStatus.Active]);
        await first.StopAsync(Cancellation);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task GrainState_WrittenAndCleared_SurvivesDeactivation(bool deleteOnClear)
    {
        PostgreSqlFixture.RequireServer();
        using var silo = CreateSilo(NewName(), deleteOnClear);
        await silo.StartAsync(Cancellation);
        var grain = Grains(silo).GetGrain<IProbeGrain>("probe/a");
        var other = Grains(silo).GetGrain<IProbeGrain>("probe/b");

        (await grain.ReadAsync()).ShouldBeNull();
        await grain.WriteAsync("one");
        await other.WriteAsync("other");
        await grain.ForgetAsync();
        (await grain.ReadAsync()).ShouldBe("one");

        await grain.WriteAsync("two");
        await grain.ClearAsync();
        (await grain.ReadAsync()).ShouldBeNull();
        await grain.ForgetAsync();
        (await grain.ReadAsync()).ShouldBeNull();

        await grain.WriteAsync("three");
        await grain.WriteAsync("four");
        await grain.ForgetAsync();
        (await grain.ReadAsync()).ShouldBe("four");
        (await other.ReadAsync()).ShouldBe("other");
        await silo.StopAsync(Cancellation);
    }

    [Fact]
    public async Task GrainState_WrittenByTwoActivations_SecondIsRefused()
    {
        PostgreSqlFixture.RequireServer();
        using var silo = CreateSilo(NewName());
        await silo.StartAsync(Cancellation);
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>(Provider);
        var id = GrainId.Create("probe", "state/race");
        var first = new GrainState<ProbeState>(new ProbeState { Value = "first" });
        var second = new GrainState<ProbeState>(new ProbeState { Value = "second" });

        await storage.WriteStateAsync("probe", id, first);
        await Should.ThrowAsync<InconsistentStateException>(() => storage.WriteStateAsync("probe", id, second));
        await storage.ReadStateAsync("probe", id, second);
        second.State!.Value.ShouldBe("first");
        await storage.WriteStateAsync("probe", id, second);
        await Should.ThrowAsync<InconsistentStateException>(() => storage.WriteStateAsync("probe", id, first));
        await silo.StopAsync(Cancellation);
    }

    [Fact]
    public async Task GrainState_AfterARestartOfTheSilo_IsWhatWasWritten()
    {
        PostgreSqlFixture.RequireServer();
        var cluster = NewName();
        using (var first = CreateSilo(cluster))
        {
            await first.StartAsync(Cancellation);
            await Grains(first).GetGrain<IProbeGrain>("probe/restart").WriteAsync("kept");
            await first.StopAsync(Cancellation);
        }

        using var second = CreateSilo(cluster);
        await second.StartAsync(Cancellation);
        (await Grains(second).GetGrain<IProbeGrain>("probe/restart").ReadAsync()).ShouldBe("kept");
        await second.StopAsync(Cancellation);
    }

    private static string NewName() => $"cluster-{Guid.NewGuid():N}";

    private static IGrainFactory Grains(IHost silo) => silo.Services.GetRequiredService<IGrainFactory>();

    private IHost CreateSilo(string cluster, bool deleteOnClear = false)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.UseOrleans(silo => silo
            .Configure<ClusterOptions>(options =>
            {
                options.ClusterId = cluster;
                options.ServiceId = cluster;
            })
            .ConfigureEndpoints(IPAddress.Loopback, FreePorts.Next(), FreePorts.Next())
            .UseAdoNetClustering(options =>
            {
                options.Invariant = "Npgsql";
                options.DataSource = fixture.Connections.General;
            })
            .AddAdoNetGrainStorage(Provider, options =>
            {
                options.Invariant = "Npgsql";
                options.DataSource = fixture.Connections.General;
                options.DeleteStateOnClear = deleteOnClear;
            }));
        return builder.Build();
    }
}
