using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Services;

/// <summary>The addresses behind a service.</summary>
internal sealed class EndpointsKind : ResourceDefinition<V1Endpoints>
{
    private const int ShownMax = 3;

    public override string Kind => "Endpoints";

    public override string Plural => "endpoints";

    public override string Singular => "endpoints";

    public override IReadOnlyList<string> ShortNames => ["ep"];

    public override bool AllowCreateOnUpdate => true;

    public override string DeprecationWarning => "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";

    protected override IReadOnlyList<TableColumn<V1Endpoints>> TypedColumns =>
    [
        TableColumn<V1Endpoints>.Name,
        TableColumn<V1Endpoints>.Of("Endpoints", ListOf),
        TableColumn<V1Endpoints>.Age,
    ];

    protected override void ApplyDefaults(V1Endpoints obj)
    {
        foreach (var port in obj.Subsets.OrNone().SelectMany(subset => subset.Ports.OrNone()))
            port.Protocol = port.Protocol.Or(PortRules.DefaultProtocol);
    }

    protected override void AddWarnings(V1Endpoints endpoints, V1Endpoints? current, List<string> warnings)
    {
        for (var i = 0; i < endpoints.Subsets.OrNone().Count; i++)
        {
            var (subset, at) = (endpoints.Subsets[i], FieldPath.Root("subsets").Index(i));
            for (var j = 0; j < subset.Addresses.OrNone().Count; j++)
                AddressWarnings.Add(subset.Addresses[j].Ip, at.Child("addresses").Index(j).Child("ip"), warnings);
            for (var j = 0; j < subset.NotReadyAddresses.OrNone().Count; j++)
                AddressWarnings.Add(subset.NotReadyAddresses[j].Ip, at.Child("notReadyAddresses").Index(j).Child("ip"), warnings);
        }
    }

    protected override void Validate(V1Endpoints obj, FieldErrors errors)
    {
        for (var i = 0; i < obj.Subsets.OrNone().Count; i++)
            ValidateSubset(obj.Subsets[i], FieldPath.Root("subsets").Index(i), errors);
    }

    private static void ValidateSubset(V1EndpointSubset subset, FieldPath path, FieldErrors errors)
    {
        if (subset.Addresses.OrNone().Count == 0 && subset.NotReadyAddresses.OrNone().Count == 0)
            errors.Required(path, "must specify `addresses` or `notReadyAddresses`");
        for (var i = 0; i < subset.Addresses.OrNone().Count; i++)
            ValidateAddress(subset.Addresses[i], path.Child("addresses").Index(i), errors);
        for (var i = 0; i < subset.NotReadyAddresses.OrNone().Count; i++)
            ValidateAddress(subset.NotReadyAddresses[i], path.Child("notReadyAddresses").Index(i), errors);
        var ports = subset.Ports.OrNone();
        for (var i = 0; i < ports.Count; i++)
        {
            var at = path.Child("ports").Index(i);
            if (!string.IsNullOrEmpty(ports[i].Name))
                errors.Invalid(at.Child("name"), ports[i].Name, NameRules.IsDns1123Label(ports[i].Name));
            else if (ports.Count > 1)
                errors.Required(at.Child("name"));
            PortRules.ValidateNumber(ports[i].Port, at.Child("port"), errors);
            PortRules.ValidateProtocol(ports[i].Protocol, at.Child("protocol"), errors);
        }
    }

    // Kubernetes forbids loopback addresses. Here they are allowed, because pods of a cluster on one machine without a pod network have no others.
    private static void ValidateAddress(V1EndpointAddress address, FieldPath path, FieldErrors errors)
    {
        AddressRules.ValidateReachable(address.Ip ?? "", path.Child("ip"), errors, mayBeLoopback: true);
        if (!string.IsNullOrEmpty(address.Hostname))
            errors.Invalid(path.Child("hostname"), address.Hostname, NameRules.IsDns1123Label(address.Hostname));
        if (!string.IsNullOrEmpty(address.NodeName))
            errors.Invalid(path.Child("nodeName"), address.NodeName, NameRules.IsDns1123Subdomain(address.NodeName));
    }

    private static string ListOf(V1Endpoints endpoints)
    {
        if (endpoints.Subsets.OrNone().Count == 0)
            return "<none>";
        var all = endpoints.Subsets.SelectMany(PairsOf).ToList();
        var shown = string.Join(',', all.Take(ShownMax));
        return all.Count > ShownMax ? string.Create(CultureInfo.InvariantCulture, $"{shown} + {all.Count - ShownMax} more...") : shown;
    }

    private static IEnumerable<string> PairsOf(V1EndpointSubset subset)
    {
        var addresses = subset.Addresses.OrNone().Select(address => address.Ip);

        // Endpoints of a headless service may have no ports.
        return subset.Ports.OrNone().Count == 0
            ? addresses
            : subset.Ports.SelectMany(port => addresses.Select(ip => Pair(ip, port.Port)));
    }

    private static string Pair(string ip, int port) => ip.Contains(':', StringComparison.Ordinal)
        ? string.Create(CultureInfo.InvariantCulture, $"[{ip}]:{port}")
        : string.Create(CultureInfo.InvariantCulture, $"{ip}:{port}");
}
