using ARSoft.Tools.Net.Dns;
using OrleansOrchestrator.Node.Dns;
using OrleansOrchestrator.Node.Tests.Fakes;
using RecordType = ARSoft.Tools.Net.Dns.RecordType;

namespace OrleansOrchestrator.Node.Tests.Dns;

/// <summary>The names of the specification of DNS-based service discovery, in its order.</summary>
public sealed class ClusterZoneTests : IAsyncDisposable
{
    private readonly DnsFixture _dns = new();

    public ClusterZoneTests()
    {
        _dns.Index.Upsert(DnsFixture.Service("kubernetes", "10.96.0.1", "default", ("https", "TCP", 443), (null, "TCP", 80), ("stats", "UDP", 9)));
        var dual = DnsFixture.Service("dual", "10.96.0.2");
        dual.Spec.ClusterIPs = ["10.96.0.2", "fd00::2"];
        _dns.Index.Upsert(dual);
        _dns.Index.Upsert(DnsFixture.Service("headless", "None", "default", ("web", "TCP", 8080)));
        _dns.Index.Upsert(DnsFixture.Slice("headless", "a", "web", "10.0.0.1", "10.0.0.2/my-pet", "10.0.0.3/late?"));
        _dns.Index.Upsert(DnsFixture.Slice("headless", "b", "web", "10.0.0.1"));
        _dns.Index.Upsert(DnsFixture.Slice("headless", "c", "web", "fd00::9/my-pet"));
        _dns.Index.Upsert(DnsFixture.Service("empty", "None"));
        _dns.Index.Upsert(DnsFixture.Slice("empty", "a", "web", "10.0.0.7?"));
        _dns.Index.Upsert(DnsFixture.External("foo", "kubernetes.default.svc.cluster.local"));
        _dns.Index.Upsert(DnsFixture.External("gone", "nobody.default.svc.cluster.local"));
        _dns.Index.Upsert(DnsFixture.External("this", "that.default.svc.cluster.local."));
        _dns.Index.Upsert(DnsFixture.External("that", "this.default.svc.cluster.local"));
        _dns.Index.Upsert(DnsFixture.Slice("orphan", "a", "web", "10.0.0.8"));
    }

    public ValueTask DisposeAsync() => _dns.DisposeAsync();

    [Theory]
    [InlineData("dns-version.cluster.local", RecordType.Txt, "dns-version.cluster.local TXT 1.1.0")]
    [InlineData("dns-version.cluster.local", RecordType.A, "no data")]
    [InlineData("cluster.local", RecordType.Soa, "cluster.local SOA kube-dns.kube-system.svc.cluster.local 5")]
    [InlineData("cluster.local", RecordType.A, "no data")]
    [InlineData("svc.cluster.local", RecordType.A, "no data")]
    [InlineData("default.svc.cluster.local", RecordType.A, "no data")]
    [InlineData("other.svc.cluster.local", RecordType.A, "NxDomain")]
    [InlineData("other.cluster.local", RecordType.A, "NxDomain")]
    [InlineData("a.b.c.d.e.f.g.cluster.local", RecordType.A, "NxDomain")]
    public void Domain_ItsOwnNames_AreThere(string name, RecordType type, string expected) => _dns.Ask(name, type).ShouldBe(expected);

    [Theory]
    [InlineData("kubernetes.default.svc.cluster.local", RecordType.A, "kubernetes.default.svc.cluster.local A 10.96.0.1")]
    [InlineData("KUBERNETES.Default.svc.Cluster.Local", RecordType.A, "KUBERNETES.Default.svc.Cluster.Local A 10.96.0.1")]
    [InlineData("kubernetes.default.svc.cluster.local", RecordType.Aaaa, "no data")]
    [InlineData("kubernetes.default.svc.cluster.local", RecordType.Any, "kubernetes.default.svc.cluster.local A 10.96.0.1")]
    [InlineData("dual.default.svc.cluster.local", RecordType.A, "dual.default.svc.cluster.local A 10.96.0.2")]
    [InlineData("dual.default.svc.cluster.local", RecordType.Aaaa, "dual.default.svc.cluster.local AAAA fd00::2")]
    [InlineData("_https._tcp.kubernetes.default.svc.cluster.local", RecordType.Srv,
        "_https._tcp.kubernetes.default.svc.cluster.local SRV 443 kubernetes.default.svc.cluster.local | kubernetes.default.svc.cluster.local A 10.96.0.1")]
    [InlineData("_https._tcp.kubernetes.default.svc.cluster.local", RecordType.A, "no data")]
    [InlineData("_tcp.kubernetes.default.svc.cluster.local", RecordType.Srv, "no data")]
    [InlineData("_sctp.kubernetes.default.svc.cluster.local", RecordType.Srv, "NxDomain")]
    [InlineData("_https._udp.kubernetes.default.svc.cluster.local", RecordType.Srv, "NxDomain")]
    [InlineData("_._tcp.kubernetes.default.svc.cluster.local", RecordType.Srv, "NxDomain")]
    [InlineData("a.kubernetes.default.svc.cluster.local", RecordType.A, "NxDomain")]
    [InlineData("nobody.default.svc.cluster.local", RecordType.A, "NxDomain")]
    [InlineData("orphan.default.svc.cluster.local", RecordType.A, "NxDomain")]
    [InlineData("1.0.96.10.in-addr.arpa", RecordType.Ptr, "1.0.96.10.in-addr.arpa PTR kubernetes.default.svc.cluster.local")]
    [InlineData("1.0.96.10.in-addr.arpa", RecordType.A, "no data")]
    [InlineData("2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", RecordType.Ptr,
        "2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa PTR dual.default.svc.cluster.local")]
    [InlineData("9.0.96.10.in-addr.arpa", RecordType.Ptr, "upstream")]
    [InlineData("96.10.in-addr.arpa", RecordType.Ptr, "upstream")]
    public void Service_WithAClusterIP_HasItsRecords(string name, RecordType type, string expected) => _dns.Ask(name, type).ShouldBe(expected);

    [Theory]
    [InlineData("headless.default.svc.cluster.local", RecordType.A, "headless.default.svc.cluster.local A 10.0.0.1; headless.default.svc.cluster.local A 10.0.0.2")]
    [InlineData("headless.default.svc.cluster.local", RecordType.Aaaa, "headless.default.svc.cluster.local AAAA fd00::9")]
    [InlineData("headless.default.svc.cluster.local", RecordType.Txt, "no data")]
    [InlineData("empty.default.svc.cluster.local", RecordType.A, "NxDomain")]
    [InlineData("my-pet.headless.default.svc.cluster.local", RecordType.A, "my-pet.headless.default.svc.cluster.local A 10.0.0.2")]
    [InlineData("my-pet.headless.default.svc.cluster.local", RecordType.Aaaa, "my-pet.headless.default.svc.cluster.local AAAA fd00::9")]
    [InlineData("10-0-0-1.headless.default.svc.cluster.local", RecordType.A, "10-0-0-1.headless.default.svc.cluster.local A 10.0.0.1")]
    [InlineData("10-0-0-1.headless.default.svc.cluster.local", RecordType.Aaaa, "no data")]
    [InlineData("10-0-0-2.headless.default.svc.cluster.local", RecordType.A, "NxDomain")]
    [InlineData("late.headless.default.svc.cluster.local", RecordType.A, "NxDomain")]
    [InlineData("_web._tcp.headless.default.svc.cluster.local", RecordType.Srv,
        "_web._tcp.headless.default.svc.cluster.local SRV 80 10-0-0-1.headless.default.svc.cluster.local; "
        + "_web._tcp.headless.default.svc.cluster.local SRV 80 my-pet.headless.default.svc.cluster.local | "
        + "10-0-0-1.headless.default.svc.cluster.local A 10.0.0.1; my-pet.headless.default.svc.cluster.local A 10.0.0.2; "
        + "my-pet.headless.default.svc.cluster.local AAAA fd00::9")]
    [InlineData("_other._tcp.headless.default.svc.cluster.local", RecordType.Srv, "NxDomain")]
    [InlineData("_web._tcp.empty.default.svc.cluster.local", RecordType.Srv, "NxDomain")]
    [InlineData("2.0.0.10.in-addr.arpa", RecordType.Ptr, "2.0.0.10.in-addr.arpa PTR my-pet.headless.default.svc.cluster.local")]
    [InlineData("1.0.0.10.in-addr.arpa", RecordType.Ptr, "1.0.0.10.in-addr.arpa PTR 10-0-0-1.headless.default.svc.cluster.local")]
    [InlineData("3.0.0.10.in-addr.arpa", RecordType.Ptr, "upstream")]
    public void Service_ThatIsHeadless_HasThoseOfItsReadyEndpoints(string name, RecordType type, string expected) => _dns.Ask(name, type).ShouldBe(expected);

    [Theory]
    [InlineData("foo.default.svc.cluster.local", RecordType.A, "foo.default.svc.cluster.local CNAME kubernetes.default.svc.cluster.local; kubernetes.default.svc.cluster.local A 10.96.0.1")]
    [InlineData("foo.default.svc.cluster.local", RecordType.CName, "foo.default.svc.cluster.local CNAME kubernetes.default.svc.cluster.local")]
    [InlineData("foo.default.svc.cluster.local", RecordType.Aaaa, "foo.default.svc.cluster.local CNAME kubernetes.default.svc.cluster.local")]
    [InlineData("a.foo.default.svc.cluster.local", RecordType.A, "NxDomain")]
    [InlineData("gone.default.svc.cluster.local", RecordType.A, "NxDomain gone.default.svc.cluster.local CNAME nobody.default.svc.cluster.local")]
    [InlineData("this.default.svc.cluster.local", RecordType.A, "ServerFailure")]
    public void Service_ThatStandsForAName_IsFollowed(string name, RecordType type, string expected) => _dns.Ask(name, type).ShouldBe(expected);

    [Theory]
    [InlineData("10-1-2-3.default.pod.cluster.local", RecordType.A, "10-1-2-3.default.pod.cluster.local A 10.1.2.3")]
    [InlineData("fd00--1.default.pod.cluster.local", RecordType.Aaaa, "fd00--1.default.pod.cluster.local AAAA fd00::1")]
    [InlineData("10-1-2-3.default.pod.cluster.local", RecordType.Aaaa, "no data")]
    [InlineData("10-1-2-300.default.pod.cluster.local", RecordType.A, "NxDomain")]
    [InlineData("10-1-2.default.pod.cluster.local", RecordType.A, "NxDomain")]
    [InlineData("a.10-1-2-3.default.pod.cluster.local", RecordType.A, "NxDomain")]
    [InlineData("default.pod.cluster.local", RecordType.A, "no data")]
    [InlineData("pod.cluster.local", RecordType.A, "no data")]
    public void Pod_HasTheNameOfItsAddress(string name, RecordType type, string expected) => _dns.Ask(name, type).ShouldBe(expected);

    [Theory]
    [InlineData("kubernetes.default.svc.cluster.local", "ServerFailure")]
    [InlineData("1.0.96.10.in-addr.arpa", "ServerFailure")]
    [InlineData("example.org", "upstream")]
    public async Task Names_BeforeTheServicesAreKnown_AreNotDenied(string name, string expected)
    {
        await using var unknown = new DnsFixture(isSynced: false);
        unknown.Index.Replace([DnsFixture.Service("kubernetes", "10.96.0.1")]);

        unknown.Ask(name).ShouldBe(expected);
    }

    [Theory]
    [InlineData("nobody.default.svc.cluster.local", RecordType.A, true)]
    [InlineData("kubernetes.default.svc.cluster.local", RecordType.Aaaa, true)]
    [InlineData("foo.default.svc.cluster.local", RecordType.Aaaa, true)]
    [InlineData("foo.default.svc.cluster.local", RecordType.CName, false)]
    [InlineData("kubernetes.default.svc.cluster.local", RecordType.A, false)]
    public async Task Answer_WithoutRecords_SaysHowLongToKeepIt(string name, RecordType type, bool expected)
    {
        var message = await _dns.AskAsync(name, type);

        message.AuthorityRecords.OfType<SoaRecord>().Any(start => start is { TimeToLive: 5, NegativeCachingTTL: 5 }).ShouldBe(expected);
        message.IsAuthoritiveAnswer.ShouldBeTrue();
        message.AnswerRecords.ShouldAllBe(record => record.TimeToLive == 5);
    }

    [Fact]
    public void Service_ThatChangesItsType_IsFoundAsWhatItIs()
    {
        _dns.Index.Upsert(DnsFixture.Service("foo", "10.96.0.77"));

        _dns.Ask("foo.default.svc.cluster.local").ShouldBe("foo.default.svc.cluster.local A 10.96.0.77");
        _dns.Index.Upsert(DnsFixture.External("foo", "dual.default.svc.cluster.local"));
        _dns.Ask("foo.default.svc.cluster.local", RecordType.CName).ShouldBe("foo.default.svc.cluster.local CNAME dual.default.svc.cluster.local");
        _dns.Ask("77.0.96.10.in-addr.arpa", RecordType.Ptr).ShouldBe("upstream");
    }

    [Fact]
    public async Task Endpoints_OfAService_ComeInAnyOrder()
    {
        _dns.Index.Upsert(DnsFixture.Service("many", "None"));
        _dns.Index.Upsert(DnsFixture.Slice("many", "a", null, [.. Enumerable.Range(1, 20).Select(i => $"10.0.1.{i}")]));
        var orders = new HashSet<string>();

        for (var i = 0; i < 20; i++)
            orders.Add(string.Join(' ', (await _dns.AskAsync("many.default.svc.cluster.local")).AnswerRecords.OfType<ARecord>().Select(record => record.Address)));

        orders.Count.ShouldBeGreaterThan(1);
        orders.Select(order => string.Join(' ', order.Split(' ').Order(StringComparer.Ordinal))).Distinct().ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("big.default.svc.cluster.local", RecordType.A, 2001)]
    [InlineData("_web._tcp.big.default.svc.cluster.local", RecordType.Srv, 2040)]
    [InlineData("9.9.9.9.in-addr.arpa", RecordType.Ptr, 40)]
    public void Service_WithMoreEndpointsThanAnAnswerHasRoomFor_IsNotSpreadOut(string name, RecordType type, int count)
    {
        _dns.Index.Upsert(DnsFixture.Service("big", "None", "default", ("web", "TCP", 8080)));
        foreach (var slice in (string[])["a", "b"])
            _dns.Index.Upsert(DnsFixture.Slice("big", slice, "web", [.. Enumerable.Range(0, 1000).Select(i => $"10.{(slice == "a" ? 1 : 2)}.{i / 250}.{i % 250}"), .. Enumerable.Range(0, 20).Select(i => $"9.9.9.9/{slice}{i}")]));
        var zone = new ClusterZone(_dns.Index, "cluster.local", 5);

        var some = Find(20);
        some.Records.Count.ShouldBe(20);
        some.Additional.Count.ShouldBeLessThanOrEqualTo(20);
        Find(100_000).Records.Count.ShouldBe(count);
        if (type != RecordType.Ptr)
            Enumerable.Range(0, 50).Select(_ => Find(1).Records[0]).Select(one => Convert.ToHexString([.. one.Data, .. one.Target ?? []])).Distinct().Count().ShouldBeGreaterThan(1, "not always the same");

        ZoneAnswer Find(int recordsMax) => zone.Find(name, (OrleansOrchestrator.Node.Dns.RecordType)type, recordsMax);
    }
}
