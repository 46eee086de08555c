using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Pods;
using OrleansOrchestrator.Controllers.Revisions;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.StatefulSets;

/// <summary>Makes the pods and claims of a StatefulSet: each pod with the name, the host name and the volumes of its ordinal.</summary>
internal sealed class StatefulPods(V1StatefulSet set, StatefulRevisions revisions)
{
    private const string NameLabel = "statefulset.kubernetes.io/pod-name";
    private const string IndexLabel = "apps.kubernetes.io/pod-index";

    private readonly Dictionary<string, PodFromTemplate> _templates = new(StringComparer.Ordinal);

    private IList<V1PersistentVolumeClaim> ClaimTemplates => set.Spec.VolumeClaimTemplates ?? [];

    /// <summary>How many bytes a pod of an ordinal has.</summary>
    public int BytesOf(int ordinal) => TemplateOf(revisions.For(set, ordinal)).Bytes;

    /// <summary>The claims of an ordinal, by the names of their volumes.</summary>
    public IEnumerable<(V1PersistentVolumeClaim Template, ObjectKey Claim)> ClaimsOf(int ordinal) =>
        ClaimTemplates.Select(template => (template, set.ClaimOf(template, ordinal))).DistinctBy(claim => claim.Item2);

    /// <summary>Creates a pod.</summary>
    public CreateObject Create(int ordinal)
    {
        var name = set.PodName(ordinal);
        var revision = revisions.For(set, ordinal);
        var pod = TemplateOf(revision).Create(name);
        (pod.Spec.Hostname, pod.Spec.Subdomain) = (name, set.Spec.ServiceName);
        if (ClaimTemplates.Count > 0)
            pod.Spec.Volumes = VolumesOf(pod, ordinal);
        SetIdentity(pod, ordinal);
        pod.Metadata.Labels[RevisionHistory.PodLabel] = revision.Metadata.Name;
        return new CreateObject(WellKnownResources.Pods, pod)
        {
            EventOnSuccess = written => Success("create", written),
            EventOnFailure = error => Failure("create", name, error),
        };
    }

    /// <summary>Creates a claim of a pod.</summary>
    public CreateObject CreateClaim(V1PersistentVolumeClaim template, int ordinal)
    {
        var (claim, pod, owner) = (ObjectCodec.Clone(template), set.PodName(ordinal), set.Metadata.Name);
        var key = set.ClaimOf(template, ordinal);
        claim.Metadata = new V1ObjectMeta
        {
            NamespaceProperty = key.Namespace,
            Name = key.Name,
            Labels = new Dictionary<string, string>(template.Metadata?.Labels ?? new Dictionary<string, string>()),
            Annotations = template.Metadata?.Annotations,
            OwnerReferences = ClaimRetention.OfNew(set),
        };
        foreach (var (label, value) in set.Spec.Selector?.MatchLabels ?? new Dictionary<string, string>())
            claim.Metadata.Labels[label] = value;
        claim.Status = null;
        return new CreateObject(WellKnownResources.PersistentVolumeClaims, claim)
        {
            EventOnSuccess = written => new PlannedEvent("Normal", "SuccessfulCreate", $"create Claim {written} Pod {pod} in StatefulSet {owner} success"),
            EventOnFailure = error => new PlannedEvent("Warning", "FailedCreate", $"create Claim {key.Name} for Pod {pod} in StatefulSet {owner} failed error: {error}"),
        };
    }

    /// <summary>Tells that a pod cannot be made while claims of its names are being deleted.</summary>
    public PlannedEvent Hindered(int ordinal, IReadOnlyList<V1PersistentVolumeClaim> claims)
    {
        var faults = string.Join(", ", claims.Select(claim => $"pvc {claim.Metadata.Name} is being deleted"));
        return Failure("create", set.PodName(ordinal), claims.Count == 1 ? faults : $"[{faults}]");
    }

    /// <summary>Deletes a pod.</summary>
    public DeleteObject Delete(V1Pod pod) => new(WellKnownResources.Pods, pod.Key, pod.Metadata.Uid)
    {
        EventOnSuccess = written => Success("delete", written),
        EventOnFailure = error => Failure("delete", pod.Metadata.Name, error),
    };

    /// <summary>Gives a pod the labels of its identity back; null if it has them.</summary>
    public UpdateObject? Identify(V1Pod pod, int ordinal)
    {
        if (pod.Metadata.Labels is { } labels && labels.TryGetValue(NameLabel, out var name) && name == pod.Metadata.Name && labels.ContainsKey(IndexLabel))
            return null;
        var identified = ObjectCodec.Clone(pod);
        SetIdentity(identified, ordinal);
        return new UpdateObject(WellKnownResources.Pods, identified)
        {
            EventOnSuccess = written => Success("update", written),
            EventOnFailure = error => Failure("update", pod.Metadata.Name, error),
        };
    }

    private static void SetIdentity(V1Pod pod, int ordinal)
    {
        pod.Metadata.Labels ??= new Dictionary<string, string>();
        pod.Metadata.Labels[NameLabel] = pod.Metadata.Name;
        pod.Metadata.Labels[IndexLabel] = ordinal.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>The claims' volumes, and those of the template that have other names.</summary>
    private List<V1Volume> VolumesOf(V1Pod pod, int ordinal)
    {
        List<V1Volume> volumes = [.. ClaimsOf(ordinal).Select(claim => new V1Volume
        {
            Name = claim.Template.Metadata?.Name,
            PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = claim.Claim.Name },
        })];
        var names = volumes.Select(volume => volume.Name).ToHashSet();
        volumes.AddRange((pod.Spec.Volumes ?? []).Where(volume => !names.Contains(volume.Name)));
        return volumes;
    }

    private PodFromTemplate TemplateOf(V1ControllerRevision revision)
    {
        if (!_templates.TryGetValue(revision.Metadata.Name, out var template))
        {
            var spec = revision == revisions.Update ? null : TemplateSnapshot.TemplateOf(revision.Data);
            _templates[revision.Metadata.Name] = template = new PodFromTemplate(set, spec?.Spec is null ? set.Spec.Template : spec);
        }

        return template;
    }

    private PlannedEvent Success(string verb, string pod) => new(
        "Normal", $"Successful{Title(verb)}", $"{verb} Pod {pod} in StatefulSet {set.Metadata.Name} successful");

    private PlannedEvent Failure(string verb, string pod, string error) => new(
        "Warning", $"Failed{Title(verb)}", $"{verb} Pod {pod} in StatefulSet {set.Metadata.Name} failed error: {error}");

    private static string Title(string verb) => char.ToUpperInvariant(verb[0]) + verb[1..];
}
