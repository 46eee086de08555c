using System.Net;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// Gives services their cluster IP and node ports. It picks at random among what no service of this silo's cache holds; the
/// store, which knows every claim, refuses a pick that lost a race, and another one is made.
/// </summary>
internal sealed class ServiceAddressAdmission(ServiceAddressOptions options, WatchCaches caches, ResourceRegistry registry) : IAdmissionPlugin
{
    private readonly ServiceRange _range = ServiceRange.Parse(options.ServiceCidr);

    private WatchCache Services => caches[registry[WellKnownResources.Services]];

    public async ValueTask AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (request.Definition.Name != WellKnownResources.Services || request.Operation == AdmissionOperation.Delete
            || request.Subresource.Length > 0 || request.Object is not V1Service { Spec: { } spec } || spec.Type == "ExternalName")
        {
            return;
        }

        CheckRanges(request, spec);
        if (TryChoose(request, spec))
            return;

        // The cache may be behind somebody who has just given back what is wanted here.
        await Services.EnsureFreshAsync(Freshness.Latest, cancellationToken);
        if (!TryChoose(request, spec))
            throw RangeIsFull(spec);
    }

    public bool TryReplaceClaim(AdmissionRequest request, string claim)
    {
        if (request.Object is not V1Service { Spec: { } spec })
            return false;
        if (claim == AddressClaim(spec.ClusterIP))
        {
            if (!request.ChosenClaims.Contains(claim))
                throw Refused(request, FieldPath.Spec.Child("clusterIPs").Index(0), spec.ClusterIP, $"failed to allocate IP {spec.ClusterIP}: provided IP is already allocated");
            spec.ClusterIP = null;
        }
        else if ((spec.Ports ?? []).FirstOrDefault(port => claim == PortClaim(port.Protocol, port.NodePort ?? 0)) is { } port)
        {
            if (!request.ChosenClaims.Contains(claim))
                throw Refused(request, FieldPath.Spec.Child("ports").Index(spec.Ports!.IndexOf(port)).Child("nodePort"), port.NodePort, "provided port is already allocated");
            port.NodePort = null;
        }
        else
        {
            return false;
        }

        request.LostClaims.Add(claim);
        return TryChoose(request, spec) ? true : throw RangeIsFull(spec);
    }

    // The forms are those of the service kind's claims.
    private static string AddressClaim(string? address) => $"ip/{address}";

    private static string PortClaim(string? protocol, int port) => $"nodePort/{protocol ?? "TCP"}/{port}";

    private static ApiException Refused(AdmissionRequest request, FieldPath path, object? value, string why)
    {
        var errors = new FieldErrors();
        errors.Invalid(path, value, why);
        return ApiErrors.Invalid(request.Definition, request.Key.Name, errors.All);
    }

    private static ApiException RangeIsFull(V1ServiceSpec spec) => ApiErrors.Internal(
        string.IsNullOrEmpty(spec.ClusterIP) ? "failed to allocate a serviceIP: range is full" : "failed to allocate a nodePort: range is full");

    private static bool HasNodePorts(V1ServiceSpec spec) => spec.Type is "NodePort" or "LoadBalancer";

    private void CheckRanges(AdmissionRequest request, V1ServiceSpec spec)
    {
        if (IPAddress.TryParse(spec.ClusterIP, out var address) && !_range.Contains(address))
            throw Refused(request, FieldPath.Spec.Child("clusterIPs").Index(0), spec.ClusterIP, $"failed to allocate IP {spec.ClusterIP}: the provided IP is not in the valid range. The range of valid IPs is {options.ServiceCidr}");
        if (!HasNodePorts(spec))
            return;
        foreach (var port in spec.Ports ?? [])
        {
            if (port.NodePort is { } number and not 0 && (number < options.NodePortFirst || number > options.NodePortLast))
                throw Refused(request, FieldPath.Spec.Child("ports").Index(spec.Ports!.IndexOf(port)).Child("nodePort"), number, $"provided port is not in the valid range. The range of valid ports is {options.NodePortFirst}-{options.NodePortLast}");
        }
    }

    /// <summary>Chooses what the service does not have yet.</summary>
    /// <returns>False if nothing is free.</returns>
    private bool TryChoose(AdmissionRequest request, V1ServiceSpec spec)
    {
        var wantsAddress = string.IsNullOrEmpty(spec.ClusterIP);
        var wantingPorts = HasNodePorts(spec) ? (spec.Ports ?? []).Where(port => port.NodePort is null or 0).ToList() : [];
        if (!wantsAddress && wantingPorts.Count == 0)
            return true;
        var taken = ClaimsInUse();
        taken.UnionWith(request.LostClaims);
        taken.UnionWith(request.Definition.Claims(request.Object));
        return (!wantsAddress || TryChooseAddress(request, spec, taken))
            && wantingPorts.TrueForAll(port => TryChooseNodePort(request, port, taken));
    }

    private HashSet<string> ClaimsInUse()
    {
        var (services, _) = Services.Select(ObjectFilter.All);
        return [.. services.SelectMany(service => service.Definition.Claims(service.Peek()))];
    }

    private bool TryChooseAddress(AdmissionRequest request, V1ServiceSpec spec, HashSet<string> taken)
    {
        // The first address is the API's own; whoever wants it names it.
        var start = Random.Shared.Next(1, _range.Count);
        for (var i = 0; i < _range.Count - 1; i++)
        {
            var address = _range.At(1 + ((start - 1 + i) % (_range.Count - 1))).ToString();
            if (!taken.Add(AddressClaim(address)))
                continue;
            spec.ClusterIP = address;
            spec.ClusterIPs = [address];
            request.ChosenClaims.Add(AddressClaim(address));
            return true;
        }

        return false;
    }

    private bool TryChooseNodePort(AdmissionRequest request, V1ServicePort port, HashSet<string> taken)
    {
        var count = options.NodePortLast - options.NodePortFirst + 1;
        var start = Random.Shared.Next(count);
        for (var i = 0; i < count; i++)
        {
            var candidate = options.NodePortFirst + ((start + i) % count);
            if (!taken.Add(PortClaim(port.Protocol, candidate)))
                continue;
            port.NodePort = candidate;
            request.ChosenClaims.Add(PortClaim(port.Protocol, candidate));
            return true;
        }

        return false;
    }
}
