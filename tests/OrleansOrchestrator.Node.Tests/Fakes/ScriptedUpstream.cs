using System.Collections.Concurrent;
using System.Net;
using ARSoft.Tools.Net.Dns;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A DNS server of a library that others wrote, which answers as a test wants it to.</summary>
internal sealed class ScriptedUpstream : IDisposable
{
    private readonly DnsServer _server;

    public ScriptedUpstream(Func<DnsMessage, DnsMessage, Task<DnsMessage?>> answer)
    {
        Address = new IPEndPoint(IPAddress.Loopback, FreePorts.Next());
        _server = new DnsServer(new UdpServerTransport(Address), new TcpServerTransport(Address));
        _server.QueryReceived += async (_, received) =>
        {
            var query = (DnsMessage)received.Query;
            Questions.Enqueue(query.Questions[0].Name.ToString().TrimEnd('.'));
            var response = query.CreateResponseInstance();
            response.ReturnCode = ReturnCode.NoError;
            received.Response = await answer(query, response);
        };
        _server.Start();
    }

    /// <summary>A server that has the address for every name.</summary>
    public ScriptedUpstream(string address, int ttlSeconds = 60)
        : this((query, response) =>
        {
            if (query.Questions[0].RecordType == RecordType.A)
                response.AnswerRecords.Add(new ARecord(query.Questions[0].Name, ttlSeconds, IPAddress.Parse(address)));
            return Task.FromResult<DnsMessage?>(response);
        })
    {
    }

    public IPEndPoint Address { get; }

    /// <summary>The names of all questions.</summary>
    public ConcurrentQueue<string> Questions { get; } = new();

    public void Dispose()
    {
        _server.Stop();
        (_server as IDisposable)?.Dispose();
    }
}
