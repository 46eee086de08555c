using System.Net;
using System.Net.Sockets;
using ARSoft.Tools.Net;
using ARSoft.Tools.Net.Dns;
using Microsoft.Extensions.Time.Testing;
using OrleansOrchestrator.Node.Dns;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;
using RecordType = ARSoft.Tools.Net.Dns.RecordType;
using ReturnCode = ARSoft.Tools.Net.Dns.ReturnCode;

namespace OrleansOrchestrator.Node.Tests.Dns;

/// <summary>Names outside the cluster.</summary>
public sealed class UpstreamTests
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Answer_OfAServer_IsKeptAsLongAsItSays()
    {
        using var upstream = new ScriptedUpstream("192.0.2.1", ttlSeconds: 60);
        var time = new FakeTimeProvider();
        await using var dns = Fixture(time, upstream.Address);

        (await dns.AskAsync("Example.org")).AnswerRecords.ShouldHaveSingleItem().TimeToLive.ShouldBe(60);
        time.Advance(TimeSpan.FromSeconds(20));
        var kept = await dns.AskAsync("example.ORG");
        kept.AnswerRecords.ShouldHaveSingleItem().TimeToLive.ShouldBe(40);
        kept.Questions[0].Name.ToString().ShouldBe("example.ORG.");
        kept.IsAuthoritiveAnswer.ShouldBeFalse();
        upstream.Questions.Count.ShouldBe(1);

        time.Advance(TimeSpan.FromSeconds(40));
        (await dns.AskAsync("example.org")).AnswerRecords.ShouldHaveSingleItem().TimeToLive.ShouldBe(60);
        upstream.Questions.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(ReturnCode.NxDomain, true, 20, 1)]
    [InlineData(ReturnCode.NoError, true, 20, 1)]
    [InlineData(ReturnCode.NxDomain, true, 40, 2)]
    [InlineData(ReturnCode.NxDomain, false, 1, 2)]
    [InlineData(ReturnCode.ServerFailure, true, 1, 2)]
    public async Task Absence_IsKeptAsLongAsTheZonesStartSays(ReturnCode code, bool hasStart, int afterSeconds, int questions)
    {
        using var upstream = new ScriptedUpstream((_, response) =>
        {
            response.ReturnCode = code;
            if (hasStart)
                response.AuthorityRecords.Add(new SoaRecord(DomainName.Parse("org"), 3600, DomainName.Parse("ns.org"), DomainName.Parse("me.org"), 1, 2, 3, 4, 30));
            return Task.FromResult<DnsMessage?>(response);
        });
        var time = new FakeTimeProvider();
        await using var dns = Fixture(time, upstream.Address);

        (await dns.AskAsync("example.org")).ReturnCode.ShouldBe(code);
        time.Advance(TimeSpan.FromSeconds(afterSeconds));
        (await dns.AskAsync("example.org")).ReturnCode.ShouldBe(code);

        upstream.Questions.Count.ShouldBe(questions);
    }

    [Fact]
    public async Task Servers_ThatDoNotAnswer_AreFollowedByTheNextOne_AndAskedLastForAWhile()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var failing = new ScriptedUpstream((_, response) =>
        {
            response.ReturnCode = ReturnCode.ServerFailure;
            return Task.FromResult<DnsMessage?>(response);
        });
        using var good = new ScriptedUpstream("192.0.2.1");
        var closed = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        await using var dns = new DnsFixture(options => With(options, TimeSpan.FromSeconds(3), (IPEndPoint)silent.LocalEndPoint!, failing.Address, good.Address));
        await using var refusing = new DnsFixture(options => With(options, Long, closed, good.Address));

        DnsFixture.Describe(await dns.AskAsync("one.org")).ShouldBe("one.org A 192.0.2.1");
        DnsFixture.Describe(await dns.AskAsync("two.org")).ShouldBe("two.org A 192.0.2.1");
        DnsFixture.Describe(await refusing.AskAsync("one.org")).ShouldBe("one.org A 192.0.2.1");

        (await silent.ReceiveAsync(new byte[512], TestContext.Current.CancellationToken)).ShouldBeGreaterThan(0);
        silent.Available.ShouldBe(0);
        failing.Questions.ShouldContain("two.org");
    }

    [Fact]
    public async Task Servers_OfWhomNoneAnswers_LeaveTheQueryToFail()
    {
        await using var nobody = new DnsFixture();
        await using var closed = Fixture(TimeProvider.System, new IPEndPoint(IPAddress.Loopback, FreePorts.Next()));

        (await nobody.AskAsync("example.org")).ReturnCode.ShouldBe(ReturnCode.ServerFailure);
        (await closed.AskAsync("example.org")).ReturnCode.ShouldBe(ReturnCode.ServerFailure);
    }

    [Fact]
    public async Task Questions_ThatAreTheSame_AreAskedOnce_AndNoMoreThanAllowed()
    {
        var release = new TaskCompletionSource();
        using var upstream = new ScriptedUpstream(async (_, response) =>
        {
            await release.Task;
            return response;
        });
        await using var dns = new DnsFixture(options => With(options, Long, upstream.Address) with { DnsUpstreamQueriesMax = 1 });
        var first = dns.AskAsync("one.org");
        var second = dns.AskAsync("ONE.org");
        await Eventually.HoldsAsync(() => !upstream.Questions.IsEmpty);

        (await dns.AskAsync("two.org")).ReturnCode.ShouldBe(ReturnCode.ServerFailure);
        release.SetResult();

        (await first).ReturnCode.ShouldBe(ReturnCode.NoError);
        (await second).ReturnCode.ShouldBe(ReturnCode.NoError);
        upstream.Questions.ShouldBe(["one.org"]);
    }

    [Fact]
    public async Task Service_ThatStandsForANameElsewhere_IsFollowedThere()
    {
        using var upstream = new ScriptedUpstream((query, response) =>
        {
            var name = query.Questions[0].Name;
            response.AnswerRecords.Add(new CNameRecord(name, 60, DomainName.Parse("real.example.org")));
            response.AnswerRecords.Add(query.Questions[0].RecordType == RecordType.Mx
                ? new MxRecord(DomainName.Parse("real.example.org"), 60, 10, DomainName.Parse("mail.example.org"))
                : new ARecord(DomainName.Parse("real.example.org"), 60, IPAddress.Parse("192.0.2.1")));
            return Task.FromResult<DnsMessage?>(response);
        });
        await using var dns = Fixture(TimeProvider.System, upstream.Address);
        dns.Index.Upsert(DnsFixture.External("foo", "www.example.org"));

        DnsFixture.Describe(await dns.AskAsync("foo.default.svc.cluster.local")).ShouldBe(
            "foo.default.svc.cluster.local CNAME www.example.org; real.example.org A 192.0.2.1; www.example.org CNAME real.example.org");
        dns.Ask("foo.default.svc.cluster.local").ShouldStartWith("foo.default.svc.cluster.local CNAME www.example.org; real.example.org A");
        DnsFixture.Describe(await dns.AskAsync("foo.default.svc.cluster.local", RecordType.Mx)).ShouldContain("real.example.org MX 10 mail.example.org");
        upstream.Questions.ShouldBe(["www.example.org", "www.example.org"]);
    }

    [Fact]
    public async Task Answer_TooLongForUdp_IsAskedForOverTcp()
    {
        using var upstream = new ScriptedUpstream((query, response) =>
        {
            response.AnswerRecords.AddRange(Enumerable.Range(0, 200).Select(i => new ARecord(query.Questions[0].Name, 60, new IPAddress([192, 0, 2, (byte)i]))));
            return Task.FromResult<DnsMessage?>(response);
        });
        await using var dns = Fixture(TimeProvider.System, upstream.Address);

        (await dns.AskAsync("example.org")).AnswerRecords.Count.ShouldBe(200);
        var small = await dns.AskAsync("example.org", payload: 512, bytesMax: 512);
        (small.IsTruncated, small.AnswerRecords.Count).ShouldBe((true, 0));
        upstream.Questions.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Packets_ThatAreNoAnswers_AreLeftOut()
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var dns = Fixture(TimeProvider.System, (IPEndPoint)server.LocalEndPoint!);
        var asking = dns.AskAsync("example.org");
        var buffer = new byte[512];
        var query = await server.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), TestContext.Current.CancellationToken);
        var good = Answer(buffer.AsSpan(0, query.ReceivedBytes));
        byte[] otherId = [(byte)(good[0] ^ 1), .. good[1..]];
        byte[] otherName = [.. good];
        otherName[14] ^= 1;

        foreach (var packet in new byte[][] { [], [1], otherId, otherName, good[..^3], good })
            await server.SendToAsync(packet, query.RemoteEndPoint, TestContext.Current.CancellationToken);

        DnsFixture.Describe(await asking).ShouldBe("example.org A 192.0.2.9");

        static byte[] Answer(ReadOnlySpan<byte> query)
        {
            byte[] answer = [.. query[..29], 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 9];
            (answer[2], answer[7], answer[11]) = (0x81, 1, 0);
            return answer;
        }
    }

    [Theory]
    [InlineData("nameserver 127.0.0.1\nnameserver 10.96.0.10\nnameserver 192.0.2.1\n", "127.0.0.1:53 192.0.2.1:53")]
    [InlineData("nameserver 10.96.0.10\n", "")]
    [InlineData("nameserver nobody\nnameserver 192.0.2.1\nnameserver 192.0.2.1\n", "192.0.2.1:53")]
    [InlineData(null, "")]
    public async Task Machine_ThatAsksTheClustersServer_IsNotAskedInTurn(string? file, string expected)
    {
        await using var dns = new DnsFixture(hostFile: file);
        dns.Servers.Own = IPAddress.Parse("10.96.0.10");

        string.Join(' ', dns.Servers.InOrder()).ShouldBe(expected);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1:53")]
    [InlineData("192.0.2.1:5353", "192.0.2.1:5353")]
    [InlineData("fd00::1", "[fd00::1]:53")]
    [InlineData("[fd00::1]:5353", "[fd00::1]:5353")]
    [InlineData("192.0.2.1:0", null)]
    [InlineData("192.0.2.1:70000", null)]
    [InlineData("[192.0.2.1]:53", null)]
    [InlineData("dns.example.org", null)]
    [InlineData("dns.example.org:53", null)]
    [InlineData("", null)]
    public void Server_OfTheOperator_IsAnAddressWithOrWithoutAPort(string text, string? expected)
    {
        (DnsServerAddress.Parse(text)?.ToString()).ShouldBe(expected);
        NodeAgentOptionsValidator.Validate(new NodeAgentOptions { DataDirectory = "unused", Name = "a", DnsUpstreams = [text] }).Count.ShouldBe(expected is null ? 1 : 0);
    }

    [Fact]
    public void Cache_OfManyAnswers_KeepsToItsBytesAndForgetsTheOldest()
    {
        var cache = new UpstreamCache(10_000, TimeSpan.FromHours(1), TimeSpan.FromSeconds(30), TimeProvider.System);
        foreach (var i in Enumerable.Range(0, 100))
        {
            var question = Question(i);
            byte[] message = [0, 0, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0, .. question.Question, 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 1, 2, 3, 4];
            cache.Keep(question, UpstreamAnswer.Parse(message, question.Question)!);
        }

        cache.Bytes.ShouldBeLessThanOrEqualTo(10_000);
        cache.Find(Question(0)).ShouldBeNull();
        cache.Find(Question(99)).ShouldNotBeNull();

        static UpstreamQuestion Question(int i) => new([.. WireName.FromText($"n{i}.org")!, 0, 1, 0, 1], false, false);
    }

    private static DnsFixture Fixture(TimeProvider time, params IPEndPoint[] servers) => new(options => With(options, Long, servers), time);

    private static NodeAgentOptions With(NodeAgentOptions options, TimeSpan timeout, params IPEndPoint[] servers) =>
        options with { DnsUpstreamTimeout = timeout, DnsUpstreams = [.. servers.Select(server => server.ToString())] };
}
