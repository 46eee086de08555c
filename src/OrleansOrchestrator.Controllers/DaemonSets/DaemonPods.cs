using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Pods;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Revisions;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.DaemonSets;

/// <summary>
/// Makes the pods of a DaemonSet. A pod has its node as required node affinity, so that the scheduler binds it there once its
/// requests fit.
/// </summary>
internal sealed class DaemonPods
{
    private const string GenerationLabel = "pod-template-generation";
    private const string GenerationAnnotation = "deprecated.daemonset.template.generation";

    private readonly PodFromTemplate _template;

    /// <summary>Prepares the template of a revision's pods.</summary>
    public DaemonPods(V1DaemonSet set, string hash)
    {
        var template = ObjectCodec.Clone(set.Spec.Template);
        template.Metadata ??= new V1ObjectMeta();
        template.Metadata.Labels ??= new Dictionary<string, string>();
        template.Metadata.Labels[RevisionHistory.PodLabel] = hash;
        if (set.Metadata.Annotations is { } annotations && annotations.TryGetValue(GenerationAnnotation, out var generation))
            template.Metadata.Labels[GenerationLabel] = generation;
        template.Spec.Tolerations = [.. Own(template.Spec), .. DaemonPlacement.ImpliedTolerations(template.Spec)];
        _template = new PodFromTemplate(set, template);
    }

    /// <summary>The size of a pod in bytes, as JSON.</summary>
    public int Bytes => _template.Bytes;

    /// <summary>Creates the pod for a node.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="failures">How many pods in a row have failed there before it.</param>
    public CreateObject Create(string node, int failures)
    {
        var pod = _template.Create();
        pod.Spec.Affinity ??= new V1Affinity();
        pod.Spec.Affinity.NodeAffinity ??= new V1NodeAffinity();
        // Placement has checked the template's terms already. Terms are alternatives, so this one must be the only one.
        pod.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution = new V1NodeSelector
        {
            NodeSelectorTerms = [new V1NodeSelectorTerm { MatchFields = [new V1NodeSelectorRequirement { Key = NodeTerm.NameField, OperatorProperty = "In", Values = [node] }] }],
        };
        if (failures > 0)
            (pod.Metadata.Annotations ??= new Dictionary<string, string>())[FailedDaemonPods.Annotation] = failures.ToString(CultureInfo.InvariantCulture);
        return new CreateObject(WellKnownResources.Pods, pod)
        {
            EventOnSuccess = static name => new PlannedEvent("Normal", "SuccessfulCreate", $"Created pod: {name}"),
            EventOnFailure = static error => new PlannedEvent("Warning", "FailedCreate", $"Error creating: {error}"),
        };
    }

    /// <summary>Deletes a pod.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="cause">What users are told of why; null for nothing.</param>
    public static DeleteObject Delete(V1Pod pod, PlannedEvent? cause) => new(WellKnownResources.Pods, pod.Key, pod.Metadata.Uid)
    {
        Cause = cause,
        EventOnSuccess = static name => new PlannedEvent("Normal", "SuccessfulDelete", $"Deleted pod: {name}"),
        EventOnFailure = static error => new PlannedEvent("Warning", "FailedDelete", $"Error deleting: {error}"),
    };

    /// <summary>The hash of a revision, as its pods carry it.</summary>
    public static string HashOf(V1ControllerRevision revision) =>
        revision.Metadata.Labels is { } labels && labels.TryGetValue(RevisionHistory.PodLabel, out var hash) ? hash : revision.Metadata.Name;

    /// <summary>The node that a pod is bound to, or else the one that its affinity names; null if there is neither.</summary>
    public static string? NodeOf(V1Pod pod)
    {
        if (!string.IsNullOrEmpty(pod.Spec?.NodeName))
            return pod.Spec.NodeName;
        var terms = pod.Spec?.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution?.NodeSelectorTerms ?? [];
        return terms
            .SelectMany(term => term.MatchFields ?? [])
            .FirstOrDefault(field => field is { Key: NodeTerm.NameField, OperatorProperty: "In", Values.Count: 1 })?.Values[0];
    }

    private static IEnumerable<V1Toleration> Own(V1PodSpec pod)
    {
        var implied = DaemonPlacement.ImpliedTolerations(pod).Select(toleration => (toleration.Key, toleration.Effect)).ToHashSet();
        return (pod.Tolerations ?? []).Where(toleration => !implied.Contains((toleration.Key, toleration.Effect)) || toleration.OperatorProperty != "Exists");
    }
}
