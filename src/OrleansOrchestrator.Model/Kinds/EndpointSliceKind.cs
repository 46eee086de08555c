using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Model.Kinds;

/// <summary>A part of the addresses behind a service, as kubectl and other clients read them today.</summary>
internal sealed class EndpointSliceKind : ResourceDefinition<V1EndpointSlice>
{
    private const int EndpointsMax = 1000;
    private const int CellItemsMax = 3;

    private static readonly string[] AddressTypes = ["IPv4", "IPv6", "FQDN"];

    public override string Group => "discovery.k8s.io";

    public override string Kind => "EndpointSlice";

    public override string Plural => "endpointslices";

    public override bool IsActedOn => false;

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

    protected override void Validate(V1EndpointSlice obj, FieldErrors errors)
    {
        if (string.IsNullOrEmpty(obj.AddressType))
            errors.Required(FieldPath.Root("addressType"));
        else if (!AddressTypes.Contains(obj.AddressType, StringComparer.Ordinal))
            errors.NotSupported(FieldPath.Root("addressType"), obj.AddressType, AddressTypes);

        var endpoints = obj.Endpoints ?? [];
        if (endpoints.Count > EndpointsMax)
            errors.TooMany(FieldPath.Root("endpoints"), endpoints.Count, EndpointsMax);
        for (var i = 0; i < endpoints.Count; i++)
        {
            var addresses = FieldPath.Root("endpoints").Index(i).Child("addresses");
            if (endpoints[i].Addresses is not { Count: > 0 })
                errors.Required(addresses, "must contain at least 1 address");
            for (var j = 0; obj.AddressType == "IPv4" && j < (endpoints[i].Addresses?.Count ?? 0); j++)
                errors.Invalid(addresses.Index(j), endpoints[i].Addresses[j], NameRules.IsValidIP(endpoints[i].Addresses[j]));
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
