using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Controllers.Autoscaling;

/// <summary>Scales the target of a HorizontalPodAutoscaler with its metrics.</summary>
/// <param name="options">Times and tolerance.</param>
/// <remarks>See k8s.io/kubernetes/pkg/controller/podautoscaler.</remarks>
public sealed class HorizontalPodAutoscalerReconciler(AutoscalerOptions options) : IReconciler
{
    private const string Warning = "Warning";
    private const string AbleToScale = "AbleToScale";
    private const string ScalingActive = "ScalingActive";
    private const string ScalingLimited = "ScalingLimited";

    private static readonly TargetScale Target = new();
    private static readonly TargetPods Pods = new();
    private static readonly RivalAutoscalers Rivals = new();
    private static readonly MetricInput Metrics = new(AutoscalerMetrics.Queries);

    /// <inheritdoc/>
    public string Name => "horizontal-pod-autoscaler";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.HorizontalPodAutoscalers;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Target, Pods, Rivals, Metrics];

    /// <inheritdoc/>
    public bool HasMemory => true;

    /// <inheritdoc/>
    public TimeSpan Pace => options.Period;

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V2HorizontalPodAutoscaler { Spec: not null } hpa)
            return new Plan { Memory = "" };
        var status = new AutoscalerStatusDraft(hpa, observation.Now);
        if (FaultOfTarget(observation, hpa) is { } fault)
        {
            status.Set(AbleToScale, false, "FailedGetScale", $"the HPA controller was unable to get the target's current scale: {fault}");
            return Conclude(status, [new PlannedEvent(Warning, "FailedGetScale", fault)]);
        }

        status.Set(AbleToScale, true, "SucceededGetScale", "the HPA controller was able to get the target's current scale");
        return Judge(observation, hpa, observation.Related(Target)[0], status);
    }

    /// <summary>Why the target has no scale; null if it has one.</summary>
    private static string? FaultOfTarget(Observation observation, V2HorizontalPodAutoscaler hpa)
    {
        var reference = hpa.Spec.ScaleTargetRef;
        if (observation.Related(Target) is not [{ Object: V1Scale scale } target])
            return $"no matches for kind \"{reference?.Kind}\" in group \"{OwnerReferences.GroupOf(reference?.ApiVersion)}\"";
        if (scale.Metadata.Uid is null)
            return $"{target.Resource.Plural}/scale{(target.Resource.Group.Length == 0 ? "" : ".")}{target.Resource.Group} \"{scale.Metadata.Name}\" not found";
        return scale.Spec is null ? "the server could not find the requested resource" : null;
    }

    private Plan Judge(Observation observation, V2HorizontalPodAutoscaler hpa, RelatedObject target, AutoscalerStatusDraft status)
    {
        var scale = (V1Scale)target.Object;
        var (current, min, max) = (scale.Spec.Replicas ?? 0, hpa.Spec.MinReplicas ?? 1, hpa.Spec.MaxReplicas);
        var history = ScalingHistory.Read(observation.Memory, hpa.Metadata.Uid).At(current, ApiTime.Read(hpa.Status?.LastScaleTime), observation.Now);
        if (current == 0 && min != 0)
        {
            status.Set(ScalingActive, false, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero");
            status.Set(current, 0, null);
            return Conclude(status, []) with { Memory = history.Write() };
        }

        if (current > max)
            return Rescale(observation, hpa, target, history, status, max, "Current number of replicas above Spec.MaxReplicas", [], []);
        if (current < min)
            return Rescale(observation, hpa, target, history, status, min, "Current number of replicas below Spec.MinReplicas", [], []);

        var events = new List<PlannedEvent>();
        if (SelectorOf(observation, hpa, scale, status, events) is not { } selector)
        {
            status.Set(current, null, null);
            return Conclude(status, events) with { Memory = history.Write() };
        }

        var calculator = new ReplicaCalculator([.. observation.Of<V1Pod>(Pods)], ToleranceOf(hpa), options, observation.Now);
        var judge = new MetricJudge(observation, hpa, scale, selector, calculator);
        List<MetricVerdict> verdicts = [.. (hpa.Spec.Metrics ?? []).Select(judge.Judge)];
        events.AddRange(verdicts.Where(one => one.FailureReason is not null).Select(one => new PlannedEvent(Warning, one.FailureReason!, one.Failure)));
        var best = verdicts.Where(one => one.FailureReason is null).Aggregate((MetricVerdict?)null, (highest, one) => highest is null || one.Replicas > highest.Replicas ? one : highest);
        List<V2MetricStatus> metrics = [.. verdicts.Select(one => one.Status)];

        if (verdicts.Count == 0)
            return new Plan { RequeueAfter = options.Period };

        // A metric that tells nothing must not be why the target shrinks.
        if (verdicts.Find(one => one.FailureReason is not null) is { } failed && (best is null || best.Replicas < current))
        {
            var failures = verdicts.Count(one => one.FailureReason is not null);
            status.Set(ScalingActive, false, failed.FailureReason!, $"the HPA was unable to compute the replica count: {failed.Failure}");
            events.Add(new PlannedEvent(
                Warning, "FailedComputeMetricsReplicas", $"invalid metrics ({failures} invalid out of {verdicts.Count}), first error is: {failed.WholeFailure}"));
            status.Set(current, null, metrics);
            return Conclude(status, events) with { Memory = history.Write() };
        }

        status.Set(ScalingActive, true, "ValidMetricFound", $"the HPA was able to successfully calculate a replica count from {best?.Name}");
        var wanted = best?.Replicas ?? 0;
        var decision = ScaleDecision.Make(hpa, min, current, wanted, history, options, observation.Now);
        status.Set(AbleToScale, true, decision.Able.Reason, decision.Able.Message);
        status.Set(ScalingLimited, decision.IsLimited, decision.Limit.Reason, decision.Limit.Message);
        if (decision.Replicas != current)
        {
            var reason = wanted > current ? $"{best?.Name} above target" : wanted < current ? "All metrics below target" : "";
            return Rescale(observation, hpa, target, decision.History, status, decision.Replicas, reason, metrics, events);
        }

        status.Set(current, current, metrics);
        return Conclude(status, events) with { Memory = decision.History.Write() };
    }

    private Plan Rescale(
        Observation observation,
        V2HorizontalPodAutoscaler hpa,
        RelatedObject target,
        ScalingHistory history,
        AutoscalerStatusDraft status,
        int replicas,
        string reason,
        IList<V2MetricStatus> metrics,
        IReadOnlyList<PlannedEvent> events)
    {
        var scale = (V1Scale)target.Object;
        var current = scale.Spec.Replicas ?? 0;
        var action = new ScaleObject(target.Resource, scale.Key, scale.Metadata.Uid, scale.Metadata.ResourceVersion, replicas)
        {
            // Metrics take seconds, in which the user may have changed or deleted the autoscaler.
            NeedsNewestPrimary = true,
            From = current,
            EventOnSuccess = _ => new PlannedEvent("Normal", "SuccessfulRescale", $"New size: {replicas}; reason: {reason}"),
            EventOnFailure = why => new PlannedEvent(Warning, "FailedRescale", $"New size: {replicas}; reason: {reason}; error: {why}"),
        };
        if (hpa.Spec.Behavior is { } behavior)
        {
            var longest = new[] { new ScalingRules(behavior.ScaleUp, isUp: true, default), new ScalingRules(behavior.ScaleDown, isUp: false, default) }.Max(rules => rules.LongestPeriod);
            history = history.Scale(current, replicas, observation.Now, longest);
        }

        return new Plan
        {
            Actions = [action],
            Events = events,
            Memory = history.Write(),
            RequeueAfter = options.Period,
            Conclude = refused =>
            {
                if (refused is [{ Why: var why }, ..])
                {
                    status.Set(AbleToScale, false, "FailedUpdateScale", $"the HPA controller was unable to update the target scale: {why.Message}");
                    status.Set(current, null, metrics);
                    return status.Write();
                }

                status.Set(AbleToScale, true, "SucceededRescale", $"the HPA controller was able to update the target scale to {replicas}");
                status.Set(current, replicas, metrics);
                status.Scaled();
                return status.Write();
            },
        };
    }

    private Plan Conclude(AutoscalerStatusDraft status, IReadOnlyList<PlannedEvent> events) => new()
    {
        Actions = status.Write() is { } patch ? [patch] : [],
        Events = events,
        RequeueAfter = options.Period,
    };

    /// <summary>The selector of the target's pods; null if there is none that is its own, which events and the status tell.</summary>
    private static LabelSelector? SelectorOf(Observation observation, V2HorizontalPodAutoscaler hpa, V1Scale scale, AutoscalerStatusDraft status, List<PlannedEvent> events)
    {
        var (reason, eventReason, message, whole) = ("InvalidSelector", "SelectorRequired", "the HPA target's scale is missing a selector", "selector is required");
        if (!string.IsNullOrEmpty(scale.Status?.Selector))
        {
            try
            {
                var selector = LabelSelector.Parse(scale.Status.Selector);
                List<string> rivals = [.. observation.Of<V2HorizontalPodAutoscaler>(Rivals).Append(hpa).Select(one => one.Metadata.Name).Order(StringComparer.Ordinal)];
                if (rivals.Count == 1)
                    return selector;
                message = whole = $"pods by selector {selector} are controlled by multiple HPAs: [{string.Join(' ', rivals.Select(name => $"{{{name} {hpa.Metadata.NamespaceProperty}}}"))}]";
                reason = eventReason = "AmbiguousSelector";
            }
            catch (SelectorException malformed)
            {
                message = whole = $"couldn't convert selector into a corresponding internal selector object: {malformed.Message}";
                eventReason = "InvalidSelector";
            }
        }

        status.Set(ScalingActive, false, reason, message);
        events.Add(new PlannedEvent(Warning, eventReason, whole));
        events.Add(new PlannedEvent(Warning, "FailedComputeMetricsReplicas", whole));
        return null;
    }

    private UsageTolerance ToleranceOf(V2HorizontalPodAutoscaler hpa)
    {
        double Of(V2HPAScalingRules? rules) => rules?.Tolerance is { } own ? Quantity.From(own).DoubleValue : options.Tolerance;
        return new UsageTolerance(Of(hpa.Spec.Behavior?.ScaleDown), Of(hpa.Spec.Behavior?.ScaleUp));
    }
}
