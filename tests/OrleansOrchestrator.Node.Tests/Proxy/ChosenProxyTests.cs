using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Proxy;
using OrleansOrchestrator.Node.Proxy.Nftables;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Node.Tests.Proxy;

/// <summary>Which proxy a node gets, and what a change of the mode leaves.</summary>
public sealed class ChosenProxyTests
{
    private const string Routed = "10.96.0.0/16";
    private const string Table = "orchestrator-node-test";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ServiceProxyMode.Auto, "198.51.100.1", Routed, true, true)]
    [InlineData(ServiceProxyMode.Auto, "127.0.0.1", Routed, true, false)]
    [InlineData(ServiceProxyMode.Auto, "198.51.100.1", "127.96.0.0/16", true, false)]
    [InlineData(ServiceProxyMode.Auto, "198.51.100.1", Routed, false, false)]
    [InlineData(ServiceProxyMode.UserSpace, "198.51.100.1", Routed, true, false)]
    [InlineData(ServiceProxyMode.Nftables, "127.0.0.1", Routed, true, true)]
    [InlineData(ServiceProxyMode.Nftables, "198.51.100.1", "127.96.0.0/16", true, false)]
    public async Task Mode_OnAMachine_ChoosesTheProxy(ServiceProxyMode mode, string address, string range, bool runsPods, bool isInKernel)
    {
        var missing = await NetworkMachine.FindMissingAsync();
        Assert.SkipWhen(missing is not null, missing ?? "");
        using var scratch = new Scratch();
        await using var machine = await NetworkMachine.StartAsync();
        var options = new NodeAgentOptions { Name = "node", DataDirectory = scratch.Folder, ServiceCidr = range, ProxyMode = mode };

        (await ChooseAsync(machine, options, address, runsPods)).ShouldBe(isInKernel);
    }

    [Fact]
    public async Task Table_OfANodeThatNowServesInUserSpace_IsRemoved()
    {
        var missing = await NetworkMachine.FindMissingAsync();
        Assert.SkipWhen(missing is not null, missing ?? "");
        using var scratch = new Scratch();
        await using var machine = await NetworkMachine.StartAsync();
        var options = new NodeAgentOptions { Name = "node", DataDirectory = scratch.Folder, ServiceCidr = Routed, ProxyMode = ServiceProxyMode.UserSpace };
        await machine.DoAsync(async () =>
        {
            await new KernelTable(options).KeepAsync(Table, Routed, Token);
            return await ServiceProxyAddressing.TryMakeLocalAsync(Routed, ServiceProxyAddressing.MetricOf(0), Token);
        });
        await machine.NftAsync($"add table ip {Table}");
        (await machine.NftAsync("list tables")).ShouldContain(Table);

        (await ChooseAsync(machine, options, "198.51.100.1", runsPods: true)).ShouldBeFalse();

        (await machine.NftAsync("list tables")).ShouldNotContain(Table);
        (await machine.DoAsync(() => ServiceProxyAddressing.IsLocalAsync(Routed, Token))).ShouldBeFalse();
    }

    [Fact]
    public async Task Table_ThatCannotBeRemoved_KeepsNothingFromWorking()
    {
        var missing = await NetworkMachine.FindMissingAsync();
        Assert.SkipWhen(missing is not null, missing ?? "");
        using var scratch = new Scratch();
        await using var machine = await NetworkMachine.StartAsync();
        var options = new NodeAgentOptions { Name = "node", DataDirectory = scratch.Folder, ServiceCidr = Routed, ProxyMode = ServiceProxyMode.UserSpace };
        await new KernelTable(options).KeepAsync("no-name-of-a-table {", Routed, Token);

        (await ChooseAsync(machine, options, "198.51.100.1", runsPods: true)).ShouldBeFalse();
    }

    private static async Task<bool> ChooseAsync(NetworkMachine machine, NodeAgentOptions options, string address, bool runsPods)
    {
        var services = new ServiceCatalog(null);
        services.Replace([]);
        var chosen = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var proxy = await machine.DoAsync(() => new ChosenProxy(
            options, IPAddress.Parse(address), runsPods, services, () => new Stub(() => chosen.TrySetResult(false)),
            (_, _) => Task.FromResult<IServiceProxy>(new Stub(() => chosen.TrySetResult(true))), TimeProvider.System, NullLoggerFactory.Instance));
        proxy.Start();
        var isInKernel = await chosen.Task.WaitAsync(Eventually.Patience, Token);
        await machine.DoAsync(async () =>
        {
            await proxy.RemoveAsync(Token);
            return true;
        });
        return isInKernel;
    }

    private sealed class Stub(Action started) : IServiceProxy
    {
        public void Start() => started();

        public void Signal(ObjectKey? service)
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
