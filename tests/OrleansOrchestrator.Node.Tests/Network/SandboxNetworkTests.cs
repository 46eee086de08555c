using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Node.Network;
using OrleansOrchestrator.Node.Network.Cni;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Tests.Network;

public sealed class SandboxNetworkTests : IDisposable
{
    private static readonly IReadOnlySet<string> Nobody = new HashSet<string>();

    private readonly ScriptedPlugins _plugins = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("sandboxes-").FullName;

    public SandboxNetworkTests()
    {
        _plugins.Add("first", """{"ips":[{"address":"10.0.0.2/24"},{"address":"fd00::2/64"}]}""");
        _plugins.Add("second", """{"ips":[{"address":"10.0.0.2/24"},{"address":"fd00::2/64"}]}""");
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _plugins.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Sandbox_AfterARestartOfTheDaemon_HasItsAddresses_AndIsDetachedAsItWasAttached()
    {
        await AttachAsync(Open(), "s1");

        var later = Open("""{"cniVersion":"1.0.0","name":"other","plugins":[{"type":"second"}]}""");
        later.AddressesOf("s1").ShouldBe(["10.0.0.2", "fd00::2"]);
        later.AddressesOf("s2").ShouldBeEmpty();
        await DetachAsync(later, "pod-s1");

        _plugins.Calls.ShouldBe(["ADD first", "ADD second", "DEL second", "DEL first"]);
        _plugins.InputOf("DEL", "first")["name"]!.GetValue<string>().ShouldBe("net");
        _plugins.InputOf("DEL", "first").ContainsKey("prevResult").ShouldBeTrue();
        later.AddressesOf("s1").ShouldBeEmpty();
        Open().IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task Sandbox_ThatAPluginRefuses_IsDetachedAtOnce_AndThePluginsMessageIsTold()
    {
        _plugins.Refuse("ADD", "second", """{"code":11,"msg":"no IP addresses available in range set: 10.0.0.1-10.0.0.254"}""");
        var network = Open();

        var failure = await Should.ThrowAsync<RuntimeException>(() => AttachAsync(network, "s1"));

        failure.Reason.ShouldBe(RuntimeException.CreateSandbox);
        failure.Message.ShouldBe("failed to setup network for sandbox \"s1\": plugin type=\"second\" failed (add): no IP addresses available in range set: 10.0.0.1-10.0.0.254");
        _plugins.Calls.ShouldBe(["ADD first", "ADD second", "DEL second", "DEL first"]);
        _plugins.ToldTo("DEL", "first").ShouldStartWith("s1  eth0", customMessage: "the process that has its number is not of the sandbox");
        network.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task Sandbox_WithSeveralAddressesOfAFamily_HasTheFirstOfEach()
    {
        _plugins.Add("second", """{"ips":[{"address":"10.0.0.2/24"},{"address":"10.0.0.3/24"},{"address":"fd00::2/64"},{"address":"fd00::3/64"}]}""");
        var network = Open();
        await AttachAsync(network, "s1");
        network.AddressesOf("s1").ShouldBe(["10.0.0.2", "fd00::2"]);
    }

    [Fact]
    public async Task Folder_OfANetworkThatIsNoLongerUsed_GoesWhenTheMachineHasNothingOfItAnyMore()
    {
        var network = new SandboxNetwork(null, _ => true, _plugins.Client, _folder, TimeProvider.System, NullLogger.Instance);
        await File.WriteAllTextAsync(KnownRanges.FileIn(_folder), "10.0.0.0/24\n10.0.0.0/16\n", Token);
        await network.SweepAsync(_ => Task.FromResult(Nobody), Token);
        File.Exists(KnownRanges.FileIn(_folder)).ShouldBeTrue("by it the next daemon knows what to remove");

        File.Delete(KnownRanges.FileIn(_folder));
        await network.SweepAsync(_ => Task.FromResult(Nobody), Token);
        Directory.Exists(_folder).ShouldBeFalse();
        Directory.CreateDirectory(_folder);
    }

    [Fact]
    public async Task Sandbox_WhoseDaemonDiedInBetween_IsDetachedByTheNext()
    {
        _plugins.Hang("ADD", "second");
        var network = Open();
        using var died = new CancellationTokenSource();
        var attaching = network.AttachAsync("s1", SpecOf("s1"), "/proc/0/ns/net", died.Token);
        await Testing.Eventually.HoldsAsync(() => _plugins.Calls.Contains("ADD second"));

        // As the folder is at that moment.
        var next = Open();
        next.AddressesOf("s1").ShouldBeEmpty("it is no sandbox");
        await next.SweepAsync(_ => Task.FromResult(Nobody), Token);
        _plugins.Calls.Skip(2).ShouldBe(["DEL second", "DEL first"]);
        next.IsEmpty.ShouldBeTrue();

        await died.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(attaching);
    }

    [Fact]
    public async Task Sandbox_ThatCannotBeDetached_HoldsUpNobody_AndIsDetachedLater()
    {
        var network = Open();
        await AttachAsync(network, "s1");
        _plugins.Refuse("DEL", "first", "later");

        await DetachAsync(network, "pod-s1");
        network.IsEmpty.ShouldBeFalse();

        _plugins.Refuse("DEL", "first", null);
        await network.SweepAsync(_ => Task.FromResult(Nobody), Token);
        network.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task Sweep_OfLiveSandboxes_LeavesThemAlone_AndThoseThatAppearMeanwhile()
    {
        var network = Open();
        await AttachAsync(network, "live");
        await AttachAsync(network, "gone");

        await network.SweepAsync(
            async _ =>
            {
                await AttachAsync(network, "new");
                return new HashSet<string> { "live" };
            },
            Token);

        network.AddressesOf("live").ShouldNotBeEmpty();
        network.AddressesOf("new").ShouldNotBeEmpty();
        network.AddressesOf("gone").ShouldBeEmpty();
    }

    [Fact]
    public async Task Addresses_OfSandboxesThatNobodyKnows_AreReleased()
    {
        var reserved = Directory.CreateDirectory(Path.Combine(BridgeNetwork.AddressFolder(_folder), "oo-pods0")).FullName;
        foreach (var (address, sandbox) in new[] { ("10.0.0.2", "live"), ("10.0.0.3", "gone"), ("10.0.0.4", "recorded"), ("last_reserved_ip.0", "x"), ("lock", "") })
            await File.WriteAllTextAsync(Path.Combine(reserved, address), $"{sandbox}\r\neth0", Token);
        var network = Open();
        await AttachAsync(network, "recorded");

        await network.SweepAsync(_ => Task.FromResult<IReadOnlySet<string>>(new HashSet<string> { "live", "recorded" }), Token);

        Directory.EnumerateFiles(reserved).Select(Path.GetFileName).Order().ShouldBe(["10.0.0.2", "10.0.0.4", "last_reserved_ip.0", "lock"]);
    }

    [Fact]
    public async Task Sandbox_OfAnotherNetwork_CountsAsEnded()
    {
        await AttachAsync(Open(), "s1");
        Open(isServed: false).AddressesOf("s1").ShouldBeEmpty();
        Open().AddressesOf("s1").ShouldNotBeEmpty();
    }

    [Fact]
    public async Task Sandbox_WithoutANetwork_IsRefusedInTheKubeletsWords()
    {
        var network = new SandboxNetwork(() => throw new CniException("no network config found in /x: cni plugin not initialized"), _ => true, _plugins.Client, _folder, TimeProvider.System, NullLogger.Instance);
        (await Should.ThrowAsync<RuntimeException>(() => AttachAsync(network, "s1"))).Message.ShouldBe("network is not ready: no network config found in /x: cni plugin not initialized");
        network.IsEmpty.ShouldBeTrue();
    }

    private SandboxNetwork Open(string? config = null, bool isServed = true) => new(
        () => CniNetwork.Parse(config ?? """{"cniVersion":"1.0.0","name":"net","plugins":[{"type":"first"},{"type":"second"}]}"""),
        _ => isServed, _plugins.Client, _folder, TimeProvider.System, NullLogger.Instance);

    private static Task AttachAsync(SandboxNetwork network, string sandbox) => network.AttachAsync(sandbox, SpecOf(sandbox), "/proc/0/ns/net", Token);

    private static async Task DetachAsync(SandboxNetwork network, string podUid)
    {
        using var held = network.Hold(podUid);
        await held.DetachAsync(Token);
    }

    private static SandboxSpec SpecOf(string sandbox) =>
        new() { PodUid = $"pod-{sandbox}", PodName = "a", PodNamespace = "default", Hostname = "a", Directory = "/tmp" };
}
