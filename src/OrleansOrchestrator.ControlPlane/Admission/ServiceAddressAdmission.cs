using System.Net;
using k8s.Models;
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

    public ValueTask AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (request.Definition.Name != WellKnownResources.Services || request.Operation == AdmissionOperation.Delete
            || request.Subresource.Length > 0 || request.Object is not V1Service { Spec: { } spec })
        {
            return ValueTask.CompletedTask;
        }

        if (spec.Type == "ExternalName")
            return ValueTask.CompletedTask;
        var taken = new Lazy<HashSet<string>>(ClaimsInUse);
        if (string.IsNullOrEmpty(spec.ClusterIP))
            ChooseClusterIP(request, spec, taken.Value);
        else if (spec.ClusterIP != "None" && IPAddress.TryParse(spec.ClusterIP, out var address) && !_range.Contains(address))
            throw Refused(request, FieldPath.Spec.Child("clusterIPs").Index(0), spec.ClusterIP, $"failed to allocate IP {spec.ClusterIP}: the provided IP is not in the valid range. The range of valid IPs is {options.ServiceCidr}");

        if (spec.Type is "NodePort" or "LoadBalancer")
        {
            foreach (var port in spec.Ports ?? [])
            {
                if (port.NodePort is null or 0)
                    ChooseNodePort(request, port, taken.Value);
                else if (port.NodePort < options.NodePortFirst || port.NodePort > options.NodePortLast)
                    throw Refused(request, FieldPath.Spec.Child("ports").Index(spec.Ports!.IndexOf(port)).Child("nodePort"), port.NodePort, $"provided port is not in the valid range. The range of valid ports is {options.NodePortFirst}-{options.NodePortLast}");
            }
        }

        return ValueTask.CompletedTask;
    }

    public bool TryReplaceClaim(AdmissionRequest request, string claim)
    {
        if (request.Object is not V1Service { Spec: { } spec })
            return false;
        var taken = ClaimsInUse();
        taken.Add(claim);
        if (claim == AddressClaim(spec.ClusterIP))
        {
            if (!request.ChosenClaims.Contains(claim))
                throw Refused(request, FieldPath.Spec.Child("clusterIPs").Index(0), spec.ClusterIP, $"failed to allocate IP {spec.ClusterIP}: provided IP is already allocated");
            ChooseClusterIP(request, spec, taken);
            return true;
        }

        foreach (var port in spec.Ports ?? [])
        {
            if (claim != PortClaim(port.Protocol, port.NodePort ?? 0))
                continue;
            if (!request.ChosenClaims.Contains(claim))
                throw Refused(request, FieldPath.Spec.Child("ports").Index(spec.Ports!.IndexOf(port)).Child("nodePort"), port.NodePort, "provided port is already allocated");
            ChooseNodePort(request, port, taken);
            return true;
        }

        return false;
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

    private HashSet<string> ClaimsInUse()
    {
        var definition = registry[WellKnownResources.Services];
        var (services, _) = caches[definition].Select(Objects.ObjectFilter.All);
        return [.. services.SelectMany(service => definition.Claims(service.Peek()))];
    }

    private void ChooseClusterIP(AdmissionRequest request, V1ServiceSpec spec, HashSet<string> taken)
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
            return;
        }

        throw ApiErrors.Internal("failed to allocate a serviceIP: range is full");
    }

    private void ChooseNodePort(AdmissionRequest request, V1ServicePort port, HashSet<string> taken)
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
            return;
        }

        throw ApiErrors.Internal("failed to allocate a nodePort: range is full");
    }
}
