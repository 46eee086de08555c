using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Kinds.Core.Services;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Names;
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

        var faults = ServiceFamilies.Complete(spec, request.Current is V1Service { Spec: { Type: not "ExternalName" } current } ? current : null);
        if (!faults.IsEmpty)
            throw ApiErrors.Invalid(request.Definition, request.Key.Name, faults.All);
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
        if (claim == ServiceClaims.Address(spec.ClusterIP))
        {
            if (!request.ChosenClaims.Contains(claim))
                throw Refused(request, FieldPath.Spec.Child("clusterIPs").Index(0), spec.ClusterIP, $"failed to allocate IP {spec.ClusterIP}: provided IP is already allocated");
            spec.ClusterIP = null;
        }
        else if (!TryGiveBack(request, spec, claim))
        {
            return false;
        }

        request.LostClaims.Add(claim);
        return TryChoose(request, spec) ? true : throw RangeIsFull(spec);
    }

    /// <summary>Takes a node port that was chosen, and that somebody else has, off all that use it.</summary>
    /// <returns>Whether anything used it.</returns>
    private static bool TryGiveBack(AdmissionRequest request, V1ServiceSpec spec, string claim)
    {
        var holders = (spec.Ports ?? []).Where(port => claim == ServiceClaims.NodePort(port.NodePort ?? 0)).ToList();
        var isHealthCheck = claim == ServiceClaims.NodePort(spec.HealthCheckNodePort ?? 0);
        if (holders.Count == 0 && !isHealthCheck)
            return false;
        if (!request.ChosenClaims.Contains(claim))
        {
            throw holders is [var first, ..]
                ? Refused(request, FieldPath.Spec.Child("ports").Index(spec.Ports!.IndexOf(first)).Child("nodePort"), first.NodePort, "provided port is already allocated")
                : Refused(request, FieldPath.Spec.Child("healthCheckNodePort"), spec.HealthCheckNodePort, "provided port is already allocated");
        }

        foreach (var port in holders)
            port.NodePort = null;
        if (isHealthCheck)
            spec.HealthCheckNodePort = null;
        return true;
    }

    private static ApiException Refused(AdmissionRequest request, FieldPath path, object? value, string why)
    {
        var errors = new FieldErrors();
        errors.Invalid(path, value, why);
        return ApiErrors.Invalid(request.Definition, request.Key.Name, errors.All);
    }

    private static ApiException RangeIsFull(V1ServiceSpec spec) => ApiErrors.Internal(
        string.IsNullOrEmpty(spec.ClusterIP) ? "failed to allocate a serviceIP: range is full" : "failed to allocate a nodePort: range is full");

    private void CheckRanges(AdmissionRequest request, V1ServiceSpec spec)
    {
        if (AddressSyntax.TryParse(spec.ClusterIP ?? "", out var address) && !_range.Contains(address))
            throw Refused(request, FieldPath.Spec.Child("clusterIPs").Index(0), spec.ClusterIP, $"failed to allocate IP {spec.ClusterIP}: the provided IP is not in the valid range. The range of valid IPs is {options.ServiceCidr}");
        if (!ServiceFacts.HasNodePorts(spec))
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
        ShareNodePorts(spec);
        var wantsAddress = string.IsNullOrEmpty(spec.ClusterIP);
        var wantsHealthCheck = ServiceFacts.NeedsHealthCheck(spec) && spec.HealthCheckNodePort is null or 0;
        var wantsPorts = ServiceFacts.ChoosesNodePorts(spec) && (spec.Ports ?? []).Any(port => port.NodePort is null or 0);
        if (!wantsAddress && !wantsPorts && !wantsHealthCheck)
            return true;
        var taken = ClaimsInUse();
        taken.UnionWith(request.LostClaims);
        taken.UnionWith(request.Definition.Claims(request.Object));
        if (wantsAddress && !TryChooseAddress(request, spec, taken))
            return false;
        foreach (var port in wantsPorts ? spec.Ports! : [])
        {
            if (port.NodePort is not (null or 0))
                continue;
            if (!TryChooseNodePort(request, taken, out var chosen))
                return false;
            port.NodePort = chosen;
            ShareNodePorts(spec);
        }

        if (!wantsHealthCheck)
            return true;
        var isChosen = TryChooseNodePort(request, taken, out var healthCheck);
        spec.HealthCheckNodePort = isChosen ? healthCheck : null;
        return isChosen;
    }

    /// <summary>One port in several protocols, as DNS has, is one node port.</summary>
    private static void ShareNodePorts(V1ServiceSpec spec)
    {
        if (!ServiceFacts.ChoosesNodePorts(spec))
            return;
        foreach (var port in spec.Ports ?? [])
        {
            if (port.NodePort is null or 0)
                port.NodePort = spec.Ports!.FirstOrDefault(other => other.Port == port.Port && other.NodePort is not (null or 0))?.NodePort;
        }
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
            if (!taken.Add(ServiceClaims.Address(address)))
                continue;
            spec.ClusterIP = address;
            spec.ClusterIPs = [address];
            request.ChosenClaims.Add(ServiceClaims.Address(address));
            return true;
        }

        return false;
    }

    private bool TryChooseNodePort(AdmissionRequest request, HashSet<string> taken, out int chosen)
    {
        var count = options.NodePortLast - options.NodePortFirst + 1;
        var start = Random.Shared.Next(count);
        for (var i = 0; i < count; i++)
        {
            chosen = options.NodePortFirst + ((start + i) % count);
            if (!taken.Add(ServiceClaims.NodePort(chosen)))
                continue;
            request.ChosenClaims.Add(ServiceClaims.NodePort(chosen));
            return true;
        }

        chosen = 0;
        return false;
    }
}
