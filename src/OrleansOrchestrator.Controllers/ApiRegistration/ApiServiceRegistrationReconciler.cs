using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.ApiExtensions;
using OrleansOrchestrator.Kinds.ApiRegistration;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.ApiRegistration;

/// <summary>
/// Keeps an APIService for every version of custom kinds. One that somebody else has made for such a version is left alone: it may name
/// a service.
/// </summary>
/// <remarks>See kube-aggregator's autoregister controller and kube-apiserver's crdregistration.</remarks>
public sealed class ApiServiceRegistrationReconciler : IReconciler
{
    private static readonly VersionDefinitions Definitions = new();

    /// <inheritdoc/>
    public string Name => "autoregister";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.APIServices;

    /// <inheritdoc/>
    public string User => ControllerUsers.ApiServer;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Definitions];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        var (group, version) = ApiServices.Parse(observation.PrimaryKey.Name);
        var present = (V1APIService?)observation.Primary;
        var isServed = observation.Of<V1CustomResourceDefinition>(Definitions)
            .Any(crd => !crd.IsDeleting && CustomResourceConditions.IsTrue(crd, CustomResourceConditions.Established));
        if (present is null)
            return isServed && BuiltInApis.Find(group, version) is null ? Of(new CreateObject(WellKnownResources.APIServices, ApiServices.OfCustomKinds(group, version))) : Plan.Nothing;
        if (present.IsDeleting || present.Metadata.Labels?.TryGetValue(ApiServices.AutomanagedLabel, out var managed) is not true || managed != ApiServices.Always)
            return Plan.Nothing;
        if (!isServed)
            return Of(new DeleteObject(WellKnownResources.APIServices, present.Key, present.Metadata.Uid));

        var wanted = ApiServices.OfCustomKinds(group, version);
        if (ApiServices.SaysTheSame(present, wanted))
            return Plan.Nothing;
        var updated = ObjectCodec.Clone(present);
        updated.Spec = wanted.Spec;
        return Of(new UpdateObject(WellKnownResources.APIServices, updated));
    }

    private static Plan Of(ObjectAction action) => new() { Actions = [action] };
}
