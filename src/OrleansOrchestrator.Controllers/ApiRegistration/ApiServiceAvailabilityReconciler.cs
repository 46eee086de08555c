using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Kinds.ApiRegistration;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.ApiRegistration;

/// <summary>
/// Says in the condition <c>Available</c> of an APIService whether the service that it names has endpoints and serves its version. Looks
/// when the service or its endpoints change, and again and again.
/// </summary>
/// <remarks>See kube-aggregator's status controller.</remarks>
public sealed class ApiServiceAvailabilityReconciler : IReconciler
{
    /// <summary>How often a server that answers is asked again.</summary>
    public static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(30);

    /// <summary>How soon a server is asked again that has just ceased to answer. The longer it does not, the rarer it is asked.</summary>
    public static readonly TimeSpan RetryIntervalMin = TimeSpan.FromSeconds(1);

    private static readonly NamedByPrimary Services = new(WellKnownResources.Services, ServiceOf);
    private static readonly NamedByPrimary Endpoints = new(WellKnownResources.Endpoints, ServiceOf);
    private static readonly MetricInput Answers = new(static (primary, view) => FindQuery((V1APIService)primary, view));

    /// <inheritdoc/>
    public string Name => "available-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.APIServices;

    /// <inheritdoc/>
    public string User => ControllerUsers.ApiServer;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Services, Endpoints, Answers];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1APIService { IsDeleting: false } api)
            return Plan.Nothing;
        var fault = FaultOf(api, observation.Of<V1Service>(Services).FirstOrDefault(), observation.Of<V1Endpoints>(Endpoints).FirstOrDefault());
        var isAsked = api.Spec.Service is not null && fault is null;
        if (isAsked && observation.Metric(new DiscoveryQuery(api)).Failure is { } failure)
            fault = new Fault("FailedDiscoveryCheck", failure);

        var condition = new V1APIServiceCondition
        {
            Type = ApiServices.Available,
            Status = fault is null ? "True" : "False",
            Reason = fault?.Reason ?? (isAsked ? "Passed" : ApiServices.LocalReason),
            Message = fault?.Message ?? (isAsked ? "all checks passed" : ApiServices.LocalMessage),
            LastTransitionTime = observation.Now.UtcDateTime,
        };
        var present = ApiServices.AvailabilityOf(api);
        var isSameStatus = present?.Status == condition.Status && present.LastTransitionTime is not null;
        if (isSameStatus)
            condition.LastTransitionTime = present!.LastTransitionTime;
        var write = present?.Reason == condition.Reason && present.Message == condition.Message && isSameStatus ? null : Write(api, condition);
        return new Plan { Actions = write is null ? [] : [write], RequeueAfter = isAsked ? NextCheck(fault, condition, observation.Now) : null };
    }

    /// <summary>Why a service cannot serve; null if it may.</summary>
    private static Fault? FaultOf(V1APIService api, V1Service? service, V1Endpoints? endpoints)
    {
        if (api.Spec.Service is not { } named)
            return null;
        var text = $"service/{named.Name} in \"{named.NamespaceProperty}\"";
        if (service is null)
            return new Fault("ServiceNotFound", $"{text} is not present");
        if (service.Spec?.Type != "ClusterIP")
            return null;
        var number = named.Port ?? ApiServices.PortDefault;
        if ((service.Spec.Ports ?? []).FirstOrDefault(port => port.Port == number) is not { } port)
            return new Fault("ServicePortError", $"{text} is not listening on port {number}");
        if (endpoints is null)
            return new Fault("EndpointsNotFound", $"cannot find endpoints for {text}");
        var name = port.Name ?? "";
        return (endpoints.Subsets ?? []).Any(subset => subset.Addresses is { Count: > 0 } && (subset.Ports ?? []).Any(open => (open.Name ?? "") == name))
            ? null
            : new Fault("MissingEndpoints", $"endpoints for {text} have no addresses with port name \"{name}\"");
    }

    private static IEnumerable<MetricQuery> FindQuery(V1APIService api, IObjectView view)
    {
        if (ServiceOf(api).ToList() is not [var key] || api.IsDeleting)
            return [];
        return FaultOf(api, view.Find(WellKnownResources.Services, key) as V1Service, view.Find(WellKnownResources.Endpoints, key) as V1Endpoints) is null
            ? [new DiscoveryQuery(api)]
            : [];
    }

    private static IEnumerable<ObjectKey> ServiceOf(KubeObject obj) =>
        ((V1APIService)obj).Spec?.Service is { } service ? [new ObjectKey(service.NamespaceProperty ?? "", service.Name ?? "")] : [];

    private static TimeSpan NextCheck(Fault? fault, V1APIServiceCondition condition, DateTimeOffset now)
    {
        if (fault is null)
            return CheckInterval;
        var silent = now - ApiTime.Read(condition.LastTransitionTime!.Value);
        return TimeSpan.FromTicks(Math.Clamp(silent.Ticks, RetryIntervalMin.Ticks, CheckInterval.Ticks));
    }

    private static PatchObject? Write(V1APIService api, V1APIServiceCondition condition) => PatchObject.OfStatusAsObserved(WellKnownResources.APIServices, api, changed =>
    {
        changed.Status ??= new V1APIServiceStatus();
        changed.Status.Conditions = [.. (changed.Status.Conditions ?? []).Where(other => other.Type != ApiServices.Available), condition];
    });

    private sealed record Fault(string Reason, string Message);
}
