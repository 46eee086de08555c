using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.ControlPlane.Membership;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Membership;

public sealed class CrashDetectorTests : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Members _members = new();

    public CrashDetectorTests() => _listener.Start();

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task Look_NobodyListens_SiloIsDeclaredDead()
    {
        var gone = _members.Add(FreePorts.Next(), SiloStatus.Active);
        _members.Add(Listening(), SiloStatus.Active);

        await Detector(self: 1).LookAsync(TestContext.Current.CancellationToken);

        _members.Killed.ShouldBe([gone]);
    }

    [Fact]
    public async Task Look_SiloAcceptsAndSaysNothing_IsLeftToTheProbes()
    {
        _members.Add(Listening(), SiloStatus.Active);

        await Detector(self: 1).LookAsync(TestContext.Current.CancellationToken);

        _members.Killed.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(SiloStatus.Joining)]
    [InlineData(SiloStatus.ShuttingDown)]
    [InlineData(SiloStatus.Dead)]
    public async Task Look_SiloIsNotActive_IsLeftAlone(SiloStatus status)
    {
        _members.Add(FreePorts.Next(), status);

        await Detector(self: 1).LookAsync(TestContext.Current.CancellationToken);

        _members.Killed.ShouldBeEmpty();
    }

    [Fact]
    public async Task Look_OnlyOneself_IsLeftAlone()
    {
        var port = FreePorts.Next();
        _members.Add(port, SiloStatus.Active);

        await Detector(self: port).LookAsync(TestContext.Current.CancellationToken);

        _members.Killed.ShouldBeEmpty();
    }

    [Fact]
    public async Task Suspect_BeforeAndDuringALook_LooksAgain()
    {
        using var detector = Detector(self: 1);
        detector.Probe();
        detector.Probe();
        await detector.StartAsync(TestContext.Current.CancellationToken);
        var first = _members.Add(FreePorts.Next(), SiloStatus.Active);
        detector.Probe();

        await Eventually.HoldsAsync(() => _members.Killed.Contains(first));
        await detector.StopAsync(TestContext.Current.CancellationToken);
    }

    private CrashDetector Detector(int self) => new(
        _members, new Self(self), TimeProvider.System, NullLogger<CrashDetector>.Instance);

    private int Listening() => ((IPEndPoint)_listener.LocalEndpoint).Port;

    private static SiloAddress AddressOf(int port) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), 1);

    private sealed class Members : IClusterMembershipService
    {
        private ImmutableDictionary<SiloAddress, ClusterMember> _members = ImmutableDictionary<SiloAddress, ClusterMember>.Empty;

        public ConcurrentQueue<SiloAddress> Killed { get; } = [];

        public ClusterMembershipSnapshot CurrentSnapshot => new(_members, new MembershipVersion(1));

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public SiloAddress Add(int port, SiloStatus status)
        {
            var silo = AddressOf(port);
            _members = _members.Add(silo, new ClusterMember(silo, status, $"silo-{port}"));
            return silo;
        }

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) => default;

        public Task<bool> TryKill(SiloAddress siloAddress)
        {
            Killed.Enqueue(siloAddress);
            _members = _members.SetItem(siloAddress, new ClusterMember(siloAddress, SiloStatus.Dead, ""));
            return Task.FromResult(true);
        }
    }

    private sealed class Self(int port) : ILocalSiloDetails
    {
        public string Name => "self";

        public string ClusterId => "cluster";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress => AddressOf(port);

        public SiloAddress GatewayAddress => SiloAddress;
    }
}
