using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Services;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>
/// Assigns cluster IPs and node ports to services. It picks at random among values that the store reports as free. If another service
/// takes the value first, the commit refuses it and another value is chosen.
/// </summary>
internal sealed class ServiceAddressAdmission(ServiceAddressOptions options, FreeClaims free) : IChoosingAdmission
{
    private readonly ServiceRange _range = ServiceRange.Parse(options.ServiceCidr);

    public string Name => "ServiceAddress";

    public bool Handles(AdmissionRequest request) =>
        request is { Subresource: "", Operation: not AdmissionOperation.Delete, Object: V1Service { Spec: { Type: not "ExternalName" } } };

    public async ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        var spec = ((V1Service)request.Object!).Spec;
        var faults = ServiceFamilies.Complete(spec, request.OldObject is V1Service { Spec: { Type: not "ExternalName" } current } ? current : null);
        if (!faults.IsEmpty)
            throw ApiErrors.Invalid(request.Definition, request.Key.Name, faults.All);
        CheckRanges(request, spec);
        return await ChooseAsync(request, spec, cancellationToken);
    }

    public async ValueTask<AdmissionRequest?> ReplaceClaimAsync(AdmissionRequest request, string claim, CancellationToken cancellationToken)
    {
        if (request.Object is not V1Service { Spec: { } spec })
            return null;
        if (claim == ServiceClaims.Address(spec.ClusterIP))
        {
            if (!request.Choices.Chosen.Contains(claim))
                throw Refused(request, FieldPath.Spec.Child("clusterIPs").Index(0), spec.ClusterIP, $"failed to allocate IP {spec.ClusterIP}: provided IP is already allocated");
            spec.ClusterIP = null;
        }
        else if (!TryGiveBack(request, spec, claim))
        {
            return null;
        }

        return await ChooseAsync(request with { Choices = request.Choices with { Lost = request.Choices.Lost.Add(claim) } }, spec, cancellationToken);
    }

    /// <summary>Removes a chosen node port that another service holds from all ports that use it.</summary>
    /// <returns>Whether anything used it.</returns>
    private static bool TryGiveBack(AdmissionRequest request, V1ServiceSpec spec, string claim)
    {
        var holders = (spec.Ports ?? []).Where(port => claim == ServiceClaims.NodePort(port.NodePort ?? 0)).ToList();
        var isHealthCheck = claim == ServiceClaims.NodePort(spec.HealthCheckNodePort ?? 0);
        if (holders.Count == 0 && !isHealthCheck)
            return false;
        if (!request.Choices.Chosen.Contains(claim))
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

    private static ApiException RangeIsFull(string what) => ApiErrors.Internal($"failed to allocate a {what}: range is full");

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
    private async ValueTask<AdmissionRequest> ChooseAsync(AdmissionRequest request, V1ServiceSpec spec, CancellationToken cancellationToken)
    {
        ShareNodePorts(spec);
        var wantsAddress = string.IsNullOrEmpty(spec.ClusterIP);
        var ports = PortsToChoose(spec);
        var wantsHealthCheck = ServiceFacts.NeedsHealthCheck(spec) && spec.HealthCheckNodePort is null or 0;
        var excluded = request.Choices.Lost.Union(request.Definition.Claims(request.Written));
        var chosen = request.Choices.Chosen;
        if (wantsAddress)
        {
            if (await FindAsync(request, Addresses(), ServiceClaims.Address, excluded, 1, cancellationToken) is not [var address])
                throw RangeIsFull("serviceIP");
            spec.ClusterIP = address;
            spec.ClusterIPs = [address];
            chosen = chosen.Add(ServiceClaims.Address(address));
        }

        var wanted = ports.Count + (wantsHealthCheck ? 1 : 0);
        if (wanted > 0)
        {
            var found = await FindAsync(request, NodePorts(), ServiceClaims.NodePort, excluded, wanted, cancellationToken);
            if (found.Count < wanted)
                throw RangeIsFull("nodePort");
            for (var i = 0; i < ports.Count; i++)
                ports[i].NodePort = found[i];
            if (wantsHealthCheck)
                spec.HealthCheckNodePort = found[^1];
            ShareNodePorts(spec);
            chosen = chosen.Union(found.Select(ServiceClaims.NodePort));
        }

        return request with { Choices = request.Choices with { Chosen = chosen } };
    }

    private Task<List<T>> FindAsync<T>(
        AdmissionRequest request, IEnumerable<T> values, Func<T, string> claimOf, IReadOnlySet<string> excluded, int wanted,
        CancellationToken cancellationToken) => free.FindAsync(request.Definition, values, claimOf, excluded, wanted, cancellationToken);

    /// <summary>The ports that need a node port; one of several that share it.</summary>
    private static List<V1ServicePort> PortsToChoose(V1ServiceSpec spec) => !ServiceFacts.ChoosesNodePorts(spec)
        ? []
        : [.. (spec.Ports ?? []).Where(port => port.NodePort is null or 0).DistinctBy(port => port.Port)];

    /// <summary>All addresses, beginning with a random one. The range's first address belongs to the API; a service gets it only by
    /// naming it.</summary>
    private IEnumerable<string> Addresses()
    {
        var count = _range.Count - 1;
        var start = Random.Shared.Next(count);
        return Enumerable.Range(0, count).Select(i => _range.At(1 + ((start + i) % count)).ToString());
    }

    /// <summary>All node ports, beginning with a random one.</summary>
    private IEnumerable<int> NodePorts()
    {
        var count = options.NodePortLast - options.NodePortFirst + 1;
        var start = Random.Shared.Next(count);
        return Enumerable.Range(0, count).Select(i => options.NodePortFirst + ((start + i) % count));
    }

    /// <summary>Gives the same node port to a port with several protocols, such as DNS.</summary>
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
}
