using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Discovery;

/// <summary>A part of the addresses behind a service.</summary>
internal sealed class EndpointSliceKind : ResourceDefinition<V1EndpointSlice>
{
    private const int EndpointsMax = 1000;
    private const int AddressesMax = 100;
    private const int PortsMax = 20_000;
    private const int CellItemsMax = 3;

    private static readonly string[] AddressTypes = ["IPv4", "IPv6", "FQDN"];

    public override string Group => "discovery.k8s.io";

    public override string Kind => "EndpointSlice";

    public override string Plural => "endpointslices";

    protected override IReadOnlyList<TableColumn<V1EndpointSlice>> TypedColumns =>
    [
        TableColumn<V1EndpointSlice>.Name,
        TableColumn<V1EndpointSlice>.Of("AddressType", slice => slice.AddressType ?? ""),
        TableColumn<V1EndpointSlice>.Of("Ports", slice => Cell(slice.Ports?.Select(port => port.Port?.ToString() ?? "*"))),
        TableColumn<V1EndpointSlice>.Of("Endpoints", slice => Cell(slice.Endpoints?.SelectMany(endpoint => endpoint.Addresses ?? []))),
        TableColumn<V1EndpointSlice>.Age,
    ];

    protected override void ApplyDefaults(V1EndpointSlice obj)
    {
        foreach (var port in obj.Ports ?? [])
        {
            port.Name ??= "";
            port.Protocol ??= "TCP";
        }
    }

    protected override void AddWarnings(V1EndpointSlice slice, V1EndpointSlice? current, List<string> warnings)
    {
        if (slice.AddressType == "FQDN")
        {
            warnings.Add("spec.addressType: FQDN endpoints are deprecated");
            return;
        }

        for (var i = 0; i < slice.Endpoints.OrNone().Count; i++)
            AddressWarnings.Add(slice.Endpoints[i].Addresses, FieldPath.Root("endpoints").Index(i).Child("addresses"), warnings);
    }

    protected override void Validate(V1EndpointSlice obj, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(obj.AddressType))
            errors.Required(FieldPath.Root("addressType"));
        else if (!AddressTypes.Contains(obj.AddressType, StringComparer.Ordinal))
            errors.NotSupported(FieldPath.Root("addressType"), obj.AddressType, AddressTypes);

        ValidateEndpoints(obj, FieldPath.Root("endpoints"), errors);
        ValidatePorts(obj.Ports ?? [], FieldPath.Root("ports"), errors);
    }

    private static void ValidateEndpoints(V1EndpointSlice slice, FieldPath path, FieldErrors errors)
    {
        var endpoints = slice.Endpoints ?? [];
        if (endpoints.Count > EndpointsMax)
        {
            errors.TooMany(path, endpoints.Count, EndpointsMax);
            return;
        }

        for (var i = 0; i < endpoints.Count; i++)
        {
            var (endpoint, at) = (endpoints[i], path.Index(i));
            var addresses = endpoint.Addresses ?? [];
            if (addresses.Count == 0)
                errors.Required(at.Child("addresses"), "must contain at least 1 address");
            else if (addresses.Count > AddressesMax)
                errors.TooMany(at.Child("addresses"), addresses.Count, AddressesMax);
            for (var j = 0; j < addresses.Count; j++)
                ValidateAddress(addresses[j], slice.AddressType, at.Child("addresses").Index(j), errors);
            if (endpoint.NodeName is not null)
                errors.Invalid(at.Child("nodeName"), endpoint.NodeName, NameRules.IsDns1123Subdomain(endpoint.NodeName));
            if (endpoint.Hostname is not null)
                errors.Invalid(at.Child("hostname"), endpoint.Hostname, NameRules.IsDns1123Label(endpoint.Hostname));
            ObjectMetaValidation.ValidateLabels(endpoint.DeprecatedTopology, at.Child("deprecatedTopology"), errors);
        }
    }

    // Kubernetes forbids loopback addresses. Here they are allowed, because pods of a cluster on one machine without a pod network have no others.
    private static void ValidateAddress(string address, string type, FieldPath path, FieldErrors errors)
    {
        if (type is "IPv4" or "IPv6")
            AddressRules.ValidateReachableOf(address, type, path, errors, mayBeLoopback: true);
        else if (type == "FQDN")
            AddressRules.ValidateFullName(address, path, errors);
    }

    private static void ValidatePorts(IList<Discoveryv1EndpointPort> ports, FieldPath path, FieldErrors errors)
    {
        if (ports.Count > PortsMax)
        {
            errors.TooMany(path, ports.Count, PortsMax);
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < ports.Count; i++)
        {
            var (port, at) = (ports[i], path.Index(i));
            if (!string.IsNullOrEmpty(port.Name))
                errors.Invalid(at.Child("name"), port.Name, NameRules.IsDns1123Label(port.Name));
            if (!names.Add(port.Name ?? ""))
                errors.Duplicate(at.Child("name"), port.Name ?? "");
            PortRules.ValidateProtocol(port.Protocol, at.Child("protocol"), errors);
            if (port.AppProtocol is not null)
                errors.Invalid(at.Child("appProtocol"), port.AppProtocol, NameRules.IsQualifiedName(port.AppProtocol));
        }
    }

    protected override void ValidateUpdate(V1EndpointSlice updated, V1EndpointSlice current, FieldErrors errors)
    {
        Validate(updated, errors);
        if (updated.AddressType != current.AddressType)
            errors.Invalid(FieldPath.Root("addressType"), updated.AddressType, "field is immutable");
    }

    private static string Cell(IEnumerable<string>? items)
    {
        var all = items?.ToList() ?? [];
        if (all.Count == 0)
            return "<unset>";
        var shown = string.Join(',', all.Take(CellItemsMax));
        return all.Count > CellItemsMax ? $"{shown} + {all.Count - CellItemsMax} more..." : shown;
    }
}
