using ARSoft.Tools.Net.Dns;
using k8s.Models;
using OrleansOrchestrator.Node.Dns;
using OrleansOrchestrator.Node.Options;
using RecordType = ARSoft.Tools.Net.Dns.RecordType;
using ReturnCode = ARSoft.Tools.Net.Dns.ReturnCode;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A DNS server without its sockets. What it answers is read by a library that others wrote.</summary>
internal sealed class DnsFixture : IAsyncDisposable
{
    private readonly UpstreamResolver _upstream;

    public DnsFixture(Func<NodeAgentOptions, NodeAgentOptions>? adjust = null, TimeProvider? time = null, bool isSynced = true, string? hostFile = null)
    {
        Options = (adjust ?? (same => same))(new NodeAgentOptions { DataDirectory = "unused" });
        Servers = new UpstreamServers(Options, path => path == "/etc/resolv.conf" ? hostFile : null, time ?? TimeProvider.System);
        _upstream = new UpstreamResolver(Servers, Options, time ?? TimeProvider.System);
        Responder = new DnsResponder(new ClusterZone(Index, Options.ClusterDomain, (int)Options.DnsTtl.TotalSeconds), _upstream);
        Budget = new DnsBudget(Options.DnsUpstreamQueriesMax, Options.DnsConnectionsMax);
        if (!isSynced)
            return;
        Index.Replace(Array.Empty<V1Service>());
        Index.Replace(Array.Empty<V1EndpointSlice>());
    }

    public NodeAgentOptions Options { get; }

    public ServiceIndex Index { get; } = new();

    public UpstreamServers Servers { get; }

    public DnsResponder Responder { get; }

    public DnsBudget Budget { get; }

    public static V1Service Service(string name, string clusterIP, string ns = "default", params (string? Name, string Protocol, int Port)[] ports) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = ns },
        Spec = new V1ServiceSpec
        {
            Type = "ClusterIP",
            ClusterIP = clusterIP,
            ClusterIPs = [clusterIP],
            Ports = [.. ports.Select(port => new V1ServicePort { Name = port.Name, Protocol = port.Protocol, Port = port.Port })],
        },
    };

    public static V1Service External(string name, string target, string ns = "default") => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = ns },
        Spec = new V1ServiceSpec { Type = "ExternalName", ExternalName = target },
    };

    /// <summary>A slice of a service.</summary>
    /// <param name="service">The service.</param>
    /// <param name="name">The slice's own part of its name.</param>
    /// <param name="port">The name of its port, which is TCP 80.</param>
    /// <param name="endpoints">Addresses, with the host name after a slash, and a question mark at the end of those that are not ready.</param>
    public static V1EndpointSlice Slice(string service, string name, string? port, params string[] endpoints) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = $"{service}-{name}",
            NamespaceProperty = "default",
            Labels = new Dictionary<string, string> { ["kubernetes.io/service-name"] = service },
        },
        AddressType = endpoints is [var first, ..] && first.Contains(':', StringComparison.Ordinal) ? "IPv6" : "IPv4",
        Endpoints =
        [
            .. endpoints.Select(text => text.TrimEnd('?').Split('/') is var parts
                ? new V1Endpoint { Addresses = [parts[0]], Hostname = parts.Length > 1 ? parts[1] : null, Conditions = new V1EndpointConditions { Ready = !text.EndsWith('?') } }
                : null!),
        ],
        Ports = [new Discoveryv1EndpointPort { Name = port, Port = 80, Protocol = "TCP" }],
    };

    /// <summary>A query as bytes.</summary>
    public static byte[] Query(string name, RecordType type, int? payload = null, ushort id = 7)
    {
        var labels = name.TrimEnd('.').Split('.', StringSplitOptions.RemoveEmptyEntries);
        List<byte> bytes = [(byte)(id >> 8), (byte)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, (byte)(payload is null ? 0 : 1)];
        foreach (var label in labels)
            bytes.AddRange([(byte)label.Length, .. label.Select(letter => (byte)letter)]);
        bytes.AddRange([0, (byte)((int)type >> 8), (byte)type, 0, 1]);
        if (payload is { } size)
            bytes.AddRange([0, 0, 41, (byte)(size >> 8), (byte)size, 0, 0, 0, 0, 0, 0]);
        return [.. bytes];
    }

    /// <summary>Asks, and waits for upstream servers if there is need.</summary>
    public async Task<DnsMessage> AskAsync(string name, RecordType type = RecordType.A, int? payload = null, int bytesMax = 65535)
    {
        var query = DnsQuery.Parse(Query(name, type, payload), out _)!;
        var buffer = new byte[bytesMax];
        if (!Responder.TryAnswer(query, buffer, bytesMax, out var length))
            length = await Responder.AnswerAsync(query, buffer, bytesMax);
        return DnsMessage.Parse(new ArraySegment<byte>(buffer, 0, length));
    }

    /// <summary>What is answered from what is known: the code if it is no success, the answers in the order of their texts, and after a bar the additional records.</summary>
    public string Ask(string name, RecordType type = RecordType.A)
    {
        var query = DnsQuery.Parse(Query(name, type), out _)!;
        var buffer = new byte[8192];
        if (!Responder.TryAnswer(query, buffer, buffer.Length, out var length))
            return "upstream";
        return Describe(DnsMessage.Parse(new ArraySegment<byte>(buffer, 0, length)));
    }

    /// <summary>A message in a few words.</summary>
    public static string Describe(DnsMessage message)
    {
        var answers = message.AnswerRecords.Select(Text).Order(StringComparer.Ordinal);
        var additional = message.AdditionalRecords.Where(record => record.RecordType != RecordType.Opt).Select(Text).Order(StringComparer.Ordinal).ToList();
        var text = string.Join("; ", answers);
        if (message.ReturnCode != ReturnCode.NoError)
            text = text.Length > 0 ? $"{message.ReturnCode} {text}" : message.ReturnCode.ToString();
        return additional.Count > 0 ? $"{text} | {string.Join("; ", additional)}" : text.Length > 0 ? text : "no data";
    }

    public async ValueTask DisposeAsync() => await _upstream.DisposeAsync();

    private static string Text(DnsRecordBase record) => $"{record.Name.ToString().TrimEnd('.')} {record switch
    {
        ARecord a => $"A {a.Address}",
        AaaaRecord a => $"AAAA {a.Address}",
        CNameRecord alias => $"CNAME {alias.CanonicalName.ToString().TrimEnd('.')}",
        PtrRecord pointer => $"PTR {pointer.PointerDomainName.ToString().TrimEnd('.')}",
        SrvRecord service => $"SRV {service.Port} {service.Target.ToString().TrimEnd('.')}",
        TxtRecord text => $"TXT {text.TextData}",
        MxRecord mail => $"MX {mail.Preference} {mail.ExchangeDomainName.ToString().TrimEnd('.')}",
        SoaRecord start => $"SOA {start.MasterName.ToString().TrimEnd('.')} {start.NegativeCachingTTL}",
        _ => record.RecordType.ToString(),
    }}";
}
