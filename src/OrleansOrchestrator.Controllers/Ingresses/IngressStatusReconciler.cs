using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.Networking;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Ingresses;

/// <summary>
/// Writes into the status of an ingress at which addresses the gateways serve it, and tells in events what of it they cannot serve. The
/// status of an ingress that another controller serves is left alone, but for addresses that were written here before.
/// </summary>
public sealed class IngressStatusReconciler(IngressHostSharing sharing) : IReconciler
{
    /// <summary>The reason of events about a part of an ingress that is not served.</summary>
    public const string Reason = "NotServed";

    // The rest is told when these are mended.
    private const int FaultsMax = 20;

    private static readonly FixedName Gateways = new(WellKnownResources.Endpoints, "kubernetes") { Namespace = "default" };
    private static readonly AllOfKind Classes = new(WellKnownResources.IngressClasses);
    private static readonly IngressesOfHosts Rivals = new() { Differ = static (before, now) => !IsServedAlike(before, now) };
    private static readonly NamedByPrimary Services = new(WellKnownResources.Services, ingress => IngressParts.ServicesOf((V1Ingress)ingress));
    private static readonly NamedByPrimary Secrets = new(WellKnownResources.Secrets, ingress => IngressParts.SecretsOf((V1Ingress)ingress));

    /// <inheritdoc/>
    public string Name => "ingress-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.Ingresses;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = sharing.IsOn ? [Gateways, Classes, Services, Secrets] : [Gateways, Classes, Rivals, Services, Secrets];

    /// <inheritdoc/>
    public bool HasMemory => true;

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1Ingress ingress)
            return new Plan { Memory = "" };
        if (ingress.IsDeleting)
            return Plan.Nothing;
        var memory = IngressMemory.Read(observation.Memory);
        var addresses = observation.Of<V1Endpoints>(Gateways).SelectMany(IngressGateways.AddressesOf).ToList();
        var classes = observation.Of<V1IngressClass>(Classes).ToList();
        if (addresses.Count == 0 || !IngressClasses.IsServed(ingress, classes))
            return Leave(ingress, memory);

        List<string> faults = [.. HostFaultsOf(ingress, observation, classes).Concat(FaultsOf(ingress, observation)).Distinct(StringComparer.Ordinal).Take(FaultsMax)];
        return new Plan
        {

            // With those that are still there: the write of the new ones may fail.
            Memory = new IngressMemory([.. addresses.Union(memory.Addresses.Intersect(AddressesOf(ingress)))], faults).Write(),
            Actions = Write(ingress, addresses),
            Events = [.. faults.Except(memory.Faults, StringComparer.Ordinal).Select(fault => new PlannedEvent("Warning", Reason, fault))],
        };
    }

    /// <summary>Takes back the addresses of an ingress that the gateways no longer serve. Until they are gone, they are remembered.</summary>
    private static Plan Leave(V1Ingress ingress, IngressMemory memory) =>
        AddressesOf(ingress).Any() && AddressesOf(ingress).All(address => memory.Addresses.Contains(address, StringComparer.Ordinal))
            ? new Plan { Actions = Write(ingress, []) }
            : new Plan { Memory = "" };

    private static IReadOnlyList<PatchObject> Write(V1Ingress ingress, IReadOnlyList<string> addresses) =>
        AddressesOf(ingress).SequenceEqual(addresses, StringComparer.Ordinal) ? [] : PatchObject.OfChangedStatus(WellKnownResources.Ingresses, ingress, changed =>
        {
            changed.Status ??= new V1IngressStatus();
            changed.Status.LoadBalancer = new V1IngressLoadBalancerStatus
            {
                Ingress = addresses.Count == 0 ? null : [.. addresses.Select(address => AddressSyntax.TryParse(address, out _)
                    ? new V1IngressLoadBalancerIngress { Ip = address }
                    : new V1IngressLoadBalancerIngress { Hostname = address })],
            };
        });

    private static IEnumerable<string> AddressesOf(V1Ingress ingress) =>
        (ingress.Status?.LoadBalancer?.Ingress ?? []).Select(point => string.IsNullOrEmpty(point.Ip) ? point.Hostname ?? "" : point.Ip);

    private IEnumerable<string> HostFaultsOf(V1Ingress ingress, Observation observation, IReadOnlyCollection<V1IngressClass> classes)
    {
        if (sharing.IsOn)
            return [];
        var hosts = IngressHosts.Of(IngressHosts.OldestFirst(observation.Of<V1Ingress>(Rivals).Where(rival => IngressClasses.IsServed(rival, classes))));
        return IngressHosts.NamedBy(ingress)
            .Where(host => !hosts.Admits(host, ingress.Metadata.NamespaceProperty ?? ""))
            .Select(host => $"the host \"{host}\" is not served: an older ingress of another namespace has it");
    }

    /// <summary>Whether other ingresses may take two versions of one for equal: most writes are of the status.</summary>
    private static bool IsServedAlike(StoredObject before, StoredObject now) =>
        before.Uid == now.Uid && before.SpecJson.SequenceEqual(now.SpecJson) && ((V1Ingress)before.SharedModel()).NamedClass == ((V1Ingress)now.SharedModel()).NamedClass;

    private static List<string> FaultsOf(V1Ingress ingress, Observation observation)
    {
        var faults = new List<string>();
        var services = observation.Of<V1Service>(Services).ToDictionary(service => service.Metadata.Name, StringComparer.Ordinal);
        foreach (var backend in IngressParts.BackendsOf(ingress))
        {
            if (backend.Resource is { } resource)
                faults.Add($"the backend {resource.Kind} \"{resource.Name}\" is not served: a backend must be a service");
            else if (backend.Service is { Name: { } name } named && FaultOf(named, services.GetValueOrDefault(name)) is { } fault)
                faults.Add(fault);
        }

        var secrets = observation.Of<V1Secret>(Secrets).ToDictionary(secret => secret.Metadata.Name, StringComparer.Ordinal);
        foreach (var key in IngressParts.SecretsOf(ingress))
        {
            if (TlsKeyPair.TryRead(secrets.GetValueOrDefault(key.Name), out var pair, out var fault))
                pair.Dispose();
            else
                faults.Add($"the secret \"{key.Name}\" {fault}");
        }

        return faults;
    }

    private static string? FaultOf(V1IngressServiceBackend named, V1Service? service)
    {
        if (service is null)
            return $"the service \"{named.Name}\" does not exist";
        if (service.Spec?.Type == "ExternalName")
            return $"the service \"{named.Name}\" is not served: it is of the type ExternalName, and has no endpoints";
        return IngressParts.PortOf(service, named.Port) is null ? $"the service \"{named.Name}\" has no port {IngressParts.TextOf(named.Port)}" : null;
    }
}
