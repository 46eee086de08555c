using System.Net;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>The names of the cluster: its domain, and the reverse names of its services and their endpoints. Pure over the index.</summary>
/// <remarks>
/// https://github.com/kubernetes/dns/blob/master/docs/specification.md. Names of pods (<c>10-0-0-1.default.pod.cluster.local</c>) are
/// computed from themselves, for any namespace: only the control plane knows all pods.
/// </remarks>
internal sealed class ClusterZone
{
    /// <summary>The version of the specification.</summary>
    public const string SchemaVersion = "1.1.0";

    // Names have five labels at most below the domain: _port._protocol.service.namespace.svc.
    private const int LabelsMax = 5;

    private static readonly ZoneAnswer Elsewhere = new(ZoneOutcome.Elsewhere);
    private static readonly ZoneAnswer Unknown = new(ZoneOutcome.Unknown);
    private static readonly ZoneAnswer Missing = new(ZoneOutcome.Missing);
    private static readonly ZoneAnswer NoData = new(ZoneOutcome.Present);

    private readonly ServiceIndex _index;
    private readonly string _domain;
    private readonly string _suffix;
    private readonly int _ttlSeconds;

    /// <param name="index">The services.</param>
    /// <param name="domain">The cluster's domain, in lower case.</param>
    /// <param name="ttlSeconds">How long clients may keep records, and that there are none.</param>
    public ClusterZone(ServiceIndex index, string domain, int ttlSeconds)
    {
        _index = index;
        _domain = domain;
        _suffix = $".{domain}";
        _ttlSeconds = ttlSeconds;
        var name = WireName.FromText(domain) ?? throw new ArgumentException($"\"{domain}\" is no domain name", nameof(domain));
        Start = ResourceRecord.Start(name, WireName.FromText(ServiceName("kube-system", "kube-dns"))!, ttlSeconds);
    }

    /// <summary>The zone's start, for answers without records.</summary>
    public ResourceRecord Start { get; }

    /// <summary>Looks a name up.</summary>
    /// <param name="name">The name, in lower case.</param>
    /// <param name="type">The wanted type; <see cref="RecordType.Any"/> for all.</param>
    /// <param name="recordsMax">How many records are of use. A service may have 100,000 endpoints, and an answer has room for few.</param>
    public ZoneAnswer Find(string name, RecordType type, int recordsMax)
    {
        if (name == _domain)
            return Is(type, RecordType.Soa) ? Of(Start with { Name = null }) : NoData;
        if (name.EndsWith(_suffix, StringComparison.Ordinal))
            return _index.IsSynced ? FindInDomain(name.AsSpan(..^_suffix.Length), type, recordsMax) : Unknown;
        return AddressName.FromReverse(name) is { } address ? FindReverse(address, type, recordsMax) : Elsewhere;
    }

    private static bool Is(RecordType wanted, RecordType type) => wanted == type || wanted == RecordType.Any;

    private static ZoneAnswer Of(params IReadOnlyList<ResourceRecord> records) => new(ZoneOutcome.Present) { Records = records };

    private ZoneAnswer FindInDomain(ReadOnlySpan<char> name, RecordType type, int recordsMax)
    {
        Span<Range> labels = stackalloc Range[LabelsMax + 1];
        labels = labels[..name.Split(labels, '.')];
        if (labels.Length > LabelsMax)
            return Missing;
        return name[labels[^1]] switch
        {
            "svc" => FindInServices(name, labels, type, recordsMax),
            "pod" => FindInPods(name, labels, type),
            "dns-version" when labels.Length == 1 => Is(type, RecordType.Txt) ? Of(ResourceRecord.Text(SchemaVersion, _ttlSeconds)) : NoData,
            _ => Missing,
        };
    }

    private ZoneAnswer FindInPods(ReadOnlySpan<char> name, ReadOnlySpan<Range> labels, RecordType type)
    {
        if (labels.Length <= 2)
            return NoData;
        if (labels.Length > 3 || AddressName.FromDashed(name[labels[0]]) is not { } address)
            return Missing;
        var bytes = address.GetAddressBytes();
        return Is(type, ResourceRecord.TypeOf(bytes.Length)) ? Of(ResourceRecord.Address(null, bytes, _ttlSeconds)) : NoData;
    }

    private ZoneAnswer FindInServices(ReadOnlySpan<char> name, ReadOnlySpan<Range> labels, RecordType type, int recordsMax)
    {
        if (labels.Length == 1)
            return NoData;
        var ns = name[labels[^2]];
        if (labels.Length == 2)
            return _index.Has(ns) ? NoData : Missing;
        var serviceName = name[labels[^3]];
        if (_index.Find(ns, serviceName) is not { Service: { } service } entry)
            return Missing;
        return labels.Length switch
        {
            3 => FindService(service, entry, type, recordsMax),
            _ when service.ExternalName is not null => Missing,
            4 when name[labels[0]] is ['_', .. var protocol] => PortsOf(service, entry, default, protocol).Count > 0 ? NoData : Missing,
            4 => service.IsHeadless ? FindEndpoint(entry, name[labels[0]], type, recordsMax) : Missing,
            _ when name[labels[0]] is ['_', .. { Length: > 0 } port] && name[labels[1]] is ['_', .. var protocol] =>
                FindPort(service, PortsOf(service, entry, port, protocol), ServiceName(ns, serviceName), type, recordsMax),
            _ => Missing,
        };
    }

    private ZoneAnswer FindService(ZoneService service, ZoneEntry entry, RecordType type, int recordsMax)
    {
        if (service.ExternalName is { } other)
            return Alias(other.TrimEnd('.').ToLowerInvariant());
        if (!service.IsHeadless)
            return Of([.. service.Addresses.Select(one => one.GetAddressBytes()).Where(one => Is(type, ResourceRecord.TypeOf(one.Length))).Select(one => ResourceRecord.Address(null, one, _ttlSeconds))]);
        return OfEndpoints(entry.Endpoints(), type, recordsMax);
    }

    private ZoneAnswer FindEndpoint(ZoneEntry entry, ReadOnlySpan<char> name, RecordType type, int recordsMax)
    {
        var address = AddressName.FromDashed(name);
        var named = new List<(ZoneSlice, int)>();
        foreach (var (_, slice) in entry.Slices)
        {
            for (var i = 0; i < slice.Count; i++)
            {
                if (slice.IsNamed(i, name, address) && (named.Count == 0 || (Is(type, slice.Type) && named.Count <= recordsMax)))
                    named.Add((slice, i));
            }
        }

        return OfEndpoints(named, type, recordsMax);
    }

    /// <summary>The addresses of endpoints, each once: an endpoint that moves is in two slices for a while. Without endpoints the name does not exist.</summary>
    private ZoneAnswer OfEndpoints(IEnumerable<(ZoneSlice Slice, int Index)> endpoints, RecordType type, int recordsMax)
    {
        var exists = false;
        var records = new List<ResourceRecord>();
        var seen = new HashSet<IPAddress>();
        foreach (var (slice, index) in endpoints)
        {
            exists = true;
            if (records.Count >= recordsMax)
                break;
            if (Is(type, slice.Type) && seen.Add(new IPAddress(slice.AddressOf(index))))
                records.Add(ResourceRecord.Address(null, slice.AddressOf(index), _ttlSeconds));
        }

        return exists ? Of(records) : Missing;
    }

    /// <summary>The ports of a protocol: of the service, or, if it is headless, with the ready endpoints behind them.</summary>
    /// <param name="service">The service.</param>
    /// <param name="entry">The service with its slices.</param>
    /// <param name="port">The port's name; empty for all.</param>
    /// <param name="protocol">The protocol.</param>
    private static List<(ZonePort Port, ZoneSlice? Slice)> PortsOf(ZoneService service, ZoneEntry entry, ReadOnlySpan<char> port, ReadOnlySpan<char> protocol)
    {
        var found = new List<(ZonePort, ZoneSlice?)>();
        if (!service.IsHeadless)
            Add(service.Ports, null, port, protocol);
        foreach (var (_, slice) in service.IsHeadless ? entry.Slices : [])
        {
            if (slice.Count > 0)
                Add(slice.Ports, slice, port, protocol);
        }

        return found;

        void Add(IReadOnlyList<ZonePort> ports, ZoneSlice? slice, ReadOnlySpan<char> port, ReadOnlySpan<char> protocol)
        {
            foreach (var one in ports)
            {
                if (protocol.SequenceEqual(one.Protocol) && (port.IsEmpty || port.SequenceEqual(one.Name)))
                    found.Add((one, slice));
            }
        }
    }

    private ZoneAnswer FindPort(ZoneService service, List<(ZonePort Port, ZoneSlice? Slice)> ports, string name, RecordType type, int recordsMax)
    {
        if (ports.Count == 0)
            return Missing;
        if (!Is(type, RecordType.Srv))
            return NoData;
        var records = new List<ResourceRecord>();
        var additional = new List<ResourceRecord>();
        var targets = new Dictionary<string, byte[]?>(StringComparer.Ordinal);
        var seen = new HashSet<(string Name, int Port, IPAddress? Address)>();
        foreach (var (port, slice) in ports)
        {
            if (slice is null)
                Add(name, port, service.Addresses);
            var (count, start) = slice is null ? (0, 0) : (slice.Count, Random.Shared.Next(slice.Count));
            for (var n = 0; n < count && records.Count < recordsMax; n++)
            {
                var i = (start + n) % count;
                Add($"{slice!.NameOf(i)}.{name}", port, [new IPAddress(slice.AddressOf(i))]);
            }
        }

        return new ZoneAnswer(ZoneOutcome.Present) { Records = records, Additional = additional };

        void Add(string target, ZonePort port, IReadOnlyList<IPAddress> addresses)
        {
            if (!targets.TryGetValue(target, out var wire))
                targets[target] = wire = WireName.FromText(target);
            if (wire is null)
                return;
            if (seen.Add((target, port.Number, null)))
                records.Add(ResourceRecord.Service(port.Number, wire, _ttlSeconds));
            foreach (var address in addresses.Where(address => seen.Add((target, 0, address))))
                additional.Add(ResourceRecord.Address(wire, address.GetAddressBytes(), _ttlSeconds));
        }
    }

    private ZoneAnswer FindReverse(IPAddress address, RecordType type, int recordsMax)
    {
        if (!_index.IsSynced)
            return Unknown;
        var bytes = address.GetAddressBytes();
        var given = new SortedSet<string>(StringComparer.Ordinal);
        var others = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (ns, name) in _index.At(address))
        {
            if (_index.Find(ns, name) is not { Service: { } service } entry)
                continue;
            if (!service.IsHeadless)
                given.Add(ServiceName(ns, name));
            foreach (var (slice, index) in service.IsHeadless ? entry.Endpoints() : [])
            {
                if (given.Count + others.Count >= recordsMax)
                    break;
                if (slice.AddressOf(index).SequenceEqual(bytes))
                    (slice.GivenNameOf(index) is null ? others : given).Add($"{slice.NameOf(index)}.{ServiceName(ns, name)}");
            }
        }

        if (given.Count + others.Count == 0)
            return Elsewhere;
        return Is(type, RecordType.Ptr)
            ? Of([.. given.Concat(others).Select(name => WireName.FromText(name)).OfType<byte[]>().Select(target => ResourceRecord.Pointer(target, _ttlSeconds))])
            : NoData;
    }

    private ZoneAnswer Alias(string target) => WireName.FromText(target) is { Length: > 1 } wire
        ? new ZoneAnswer(ZoneOutcome.Present) { Records = [ResourceRecord.Alias(null, wire, _ttlSeconds)], Alias = target }
        : NoData;

    private string ServiceName(ReadOnlySpan<char> ns, ReadOnlySpan<char> name) => $"{name}.{ns}.svc{_suffix}";
}
