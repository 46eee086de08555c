using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Services;

/// <summary>
/// Keeps one IPAddress object for every cluster IP of a service, and deletes those that the service no longer has. The store of
/// services allocates addresses; the IPAddress objects only show the allocations.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/registry/core/service/ipallocator.</remarks>
public sealed class ServiceIPAddressReconciler : IReconciler
{
    /// <summary>The label with the manager of an IPAddress.</summary>
    public const string ManagedByLabel = "ipaddress.kubernetes.io/managed-by";

    private const string FamilyLabel = "ipaddress.kubernetes.io/ip-family";
    private const string Manager = "ipallocator.k8s.io";

    private static readonly NamingPrimary Addresses = new(WellKnownResources.IPAddresses, address => ServiceOf((V1IPAddress)address)) { Field = "spec.parentRef.name" };

    /// <inheritdoc/>
    public string Name => "service-ip-address-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.Services;

    /// <inheritdoc/>
    public string User => ControllerUsers.ApiServer;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Addresses];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        var wanted = observation.Primary is V1Service { Spec: { Type: not "ExternalName" } spec }
            ? (spec.ClusterIPs ?? []).Where(address => AddressSyntax.FamilyOf(address) is not null).Select(AddressSyntax.Canonical).ToHashSet(StringComparer.Ordinal)
            : [];
        var actions = new List<ObjectAction>();
        foreach (var present in observation.Of<V1IPAddress>(Addresses))
        {
            if (!wanted.Remove(present.Metadata.Name) && !present.IsDeleting && IsManaged(present))
                actions.Add(new DeleteObject(WellKnownResources.IPAddresses, present.Key, present.Metadata.Uid));
        }

        actions.AddRange(wanted.Order(StringComparer.Ordinal).Select(address =>
            new CreateObject(WellKnownResources.IPAddresses, AddressOf(observation.PrimaryKey, address))));
        return actions.Count == 0 ? Plan.Nothing : new Plan { Actions = actions };
    }

    private static ObjectKey? ServiceOf(V1IPAddress address) =>
        address.Spec?.ParentRef is { Resource: "services", Group: null or "" } parent
            ? new ObjectKey(parent.NamespaceProperty ?? "", parent.Name ?? "")
            : null;

    private static bool IsManaged(V1IPAddress address) =>
        address.Metadata.Labels?.TryGetValue(ManagedByLabel, out var manager) is true && manager == Manager;

    private static V1IPAddress AddressOf(ObjectKey service, string address) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = address,
            Labels = new Dictionary<string, string> { [FamilyLabel] = AddressSyntax.FamilyOf(address)!, [ManagedByLabel] = Manager },
        },
        Spec = new V1IPAddressSpec
        {
            ParentRef = new V1ParentReference { Group = "", Resource = "services", NamespaceProperty = service.Namespace, Name = service.Name },
        },
    };
}
