using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Endpoints;

/// <summary>
/// Keeps the Endpoints of a service equal to the pods that its selector picks. Does not touch the Endpoints of a service without a
/// selector or of type ExternalName: these belong to the user.
/// </summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/endpoint.</remarks>
public sealed class EndpointsReconciler : IReconciler
{
    /// <summary>The most addresses of one Endpoints object, ready ones first, so that it fits into one stored object.</summary>
    public const int AddressesMax = 4_000;

    /// <summary>
    /// The most bytes of the addresses and ports as JSON. With the longest names, 4,000 addresses do not fit into one stored
    /// object.
    /// </summary>
    public const int SubsetsBytesMax = 1024 * 1024;

    internal const string HeadlessLabel = "service.kubernetes.io/headless";
    internal const string ManagedByLabel = "endpoints.kubernetes.io/managed-by";
    internal const string OverCapacityAnnotation = "endpoints.kubernetes.io/over-capacity";

    private static readonly SelectedByLabels Pods = new(WellKnownResources.Pods, service => SelectorOf((V1Service)service));
    private static readonly SameName Own = new(WellKnownResources.Endpoints);

    /// <inheritdoc/>
    public string Name => "endpoint-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.Services;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Pods, Own];

    /// <inheritdoc/>
    public TimeSpan BatchPeriod => TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        var current = observation.Of<V1Endpoints>(Own).FirstOrDefault();
        if (observation.Primary is not V1Service service)
            return current is null ? Plan.Nothing : RemoveLeftOver(current);
        if (service.Spec is null or { Type: "ExternalName" } || SelectorOf(service).IsNothing)
            return Plan.Nothing;

        var wanted = Wanted(service, observation.Of<V1Pod>(Pods), current);
        if (current is null)
            return new Plan { Actions = [new CreateObject(WellKnownResources.Endpoints, wanted)] };
        return IsSame(current, wanted)
            ? Plan.Nothing
            : new Plan { Actions = [new UpdateObject(WellKnownResources.Endpoints, wanted)] };
    }

    internal static LabelSelector SelectorOf(V1Service service) =>
        service.Spec?.Selector is { Count: > 0 } selector ? LabelSelector.FromMap(selector) : LabelSelector.Nothing;

    /// <summary>
    /// Deletes the Endpoints of a service that is gone only if this controller created them: a user may create Endpoints before
    /// their service.
    /// </summary>
    private Plan RemoveLeftOver(V1Endpoints current) =>
        !current.IsDeleting && current.Metadata.Labels?.TryGetValue(ManagedByLabel, out var manager) is true && manager == Name
            ? new Plan { Actions = [new DeleteObject(WellKnownResources.Endpoints, current.Key, current.Metadata.Uid)] }
            : Plan.Nothing;

    private V1Endpoints Wanted(V1Service service, IEnumerable<V1Pod> pods, V1Endpoints? current)
    {
        var subsets = EndpointSubsets.Of(service, pods);
        var isOverCapacity = EndpointSubsets.Truncate(subsets, AddressesMax, SubsetsBytesMax);

        var wanted = current is null
            ? new V1Endpoints
            {
                ApiVersion = V1Endpoints.KubeApiVersion,
                Kind = V1Endpoints.KubeKind,
                Metadata = new V1ObjectMeta
                {
                    NamespaceProperty = service.Metadata.NamespaceProperty,
                    Name = service.Metadata.Name,
                },
            }
            : ObjectCodec.Clone(current);
        wanted.Metadata.Labels = LabelsFor(service);
        wanted.Metadata.Annotations = AnnotationsFor(wanted, isOverCapacity);
        wanted.Subsets = subsets.Count == 0 ? null : subsets;
        return wanted;
    }

    private Dictionary<string, string> LabelsFor(V1Service service)
    {
        var labels = service.Metadata.Labels is { } own ? new Dictionary<string, string>(own) : [];
        if (service.Spec.ClusterIP is null or "" or "None")
            labels[HeadlessLabel] = "";
        else
            labels.Remove(HeadlessLabel);
        labels[ManagedByLabel] = Name;
        return labels;
    }

    private static Dictionary<string, string>? AnnotationsFor(V1Endpoints endpoints, bool isOverCapacity)
    {
        var annotations = endpoints.Metadata.Annotations is { } own ? new Dictionary<string, string>(own) : [];
        if (isOverCapacity)
            annotations[OverCapacityAnnotation] = "truncated";
        else
            annotations.Remove(OverCapacityAnnotation);
        return annotations.Count == 0 ? null : annotations;
    }

    private static bool IsSame(V1Endpoints current, V1Endpoints wanted) =>
        LabelSet.From(current.Metadata.Labels).Equals(LabelSet.From(wanted.Metadata.Labels))
        && LabelSet.From(current.Metadata.Annotations).Equals(LabelSet.From(wanted.Metadata.Annotations))
        && ObjectFacts.SameJson(current.Subsets ?? [], wanted.Subsets ?? []);
}
