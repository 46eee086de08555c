using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Controllers.Deployments;

/// <summary>A Deployment's ReplicaSets while a plan is being made: the one of its present template, and those of former ones.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/deployment/sync.go.</remarks>
internal sealed class Rollout
{
    private const string HashLabel = "pod-template-hash";
    private const int RevisionHistoryCharsMax = 2000;

    private readonly V1Deployment _deployment;

    /// <summary>Sorts a Deployment's ReplicaSets into the new one and the old ones.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="sets">All ReplicaSets that the Deployment controls.</param>
    public Rollout(V1Deployment deployment, IEnumerable<V1ReplicaSet> sets)
    {
        _deployment = deployment;
        Bounds = RolloutBounds.Of(deployment.Spec);
        var drafts = sets.OrderBy(set => set.Metadata.CreationTimestamp).ThenBy(set => set.Metadata.Name, StringComparer.Ordinal).Select(ReplicaSetDraft.Of).ToList();
        var template = WithoutHash(deployment.Spec.Template);
        // If several ReplicaSets have the present template, the oldest is the new one.
        New = drafts.Find(draft => SemanticEquality.Equal(WithoutHash(draft.Observed.Spec?.Template), template));
        Old = [.. drafts.Where(draft => draft != New)];
    }

    /// <summary>The bounds of the rollout.</summary>
    public RolloutBounds Bounds { get; }

    /// <summary>The ReplicaSet of the present template; null if there is none yet.</summary>
    public ReplicaSetDraft? New { get; private set; }

    /// <summary>Whether this plan creates the new ReplicaSet.</summary>
    public bool IsNewCreated { get; private set; }

    /// <summary>The ReplicaSets of former templates, the oldest first.</summary>
    public IReadOnlyList<ReplicaSetDraft> Old { get; }

    /// <summary>All ReplicaSets, the new one first.</summary>
    public IEnumerable<ReplicaSetDraft> All => New is null ? Old : Old.Prepend(New);

    /// <summary>The ReplicaSets that want replicas.</summary>
    public IEnumerable<ReplicaSetDraft> Active => All.Where(set => set.Replicas > 0);

    /// <summary>How many replicas all ReplicaSets want together.</summary>
    public long Total => All.Sum(set => (long)set.Replicas);

    /// <summary>How many of these replicas are available.</summary>
    public long Available => All.Sum(set => (long)set.Available);

    /// <summary>Whether the size of a ReplicaSet changes.</summary>
    public bool IsScaled => All.Any(set => set.IsScaled);

    /// <summary>Whether the Deployment was scaled since its ReplicaSets got their sizes.</summary>
    public bool IsResized => Active.Any(set => set.NumberIn(DeploymentAnnotations.DesiredReplicas) is { } desired && desired != Bounds.Replicas);

    /// <summary>The writes of all changes.</summary>
    public IEnumerable<ObjectAction> Actions => All.Select(set => set.Action()).OfType<ObjectAction>();

    /// <summary>Drafts the ReplicaSet of the present template, unless it exists.</summary>
    /// <returns>The new ReplicaSet.</returns>
    public ReplicaSetDraft EnsureNew()
    {
        if (New is not null)
            return New;
        IsNewCreated = true;
        New = ReplicaSetDraft.New(NewReplicaSet());
        SyncRevision();
        return New;
    }

    /// <summary>
    /// Gives the ReplicaSet of the present template, if it exists, the highest revision number. A ReplicaSet that becomes the
    /// newest again keeps its former numbers in an annotation.
    /// </summary>
    public void SyncRevision()
    {
        if (New is not { } set)
            return;
        foreach (var (name, value) in DeploymentAnnotations.Shared(_deployment.Metadata.Annotations))
            set.Annotate(name, value);
        set.SetMinReadySeconds(_deployment.Spec.MinReadySeconds);
        var next = Old.Select(old => old.NumberIn(DeploymentAnnotations.Revision) ?? 0).DefaultIfEmpty().Max() + 1;
        var former = set.Annotation(DeploymentAnnotations.Revision);
        // A revision that is not a number was written by somebody else, and stays.
        if (!string.IsNullOrEmpty(former) && (set.NumberIn(DeploymentAnnotations.Revision) is not { } number || number >= next))
            return;
        set.Annotate(DeploymentAnnotations.Revision, next.ToString(CultureInfo.InvariantCulture));
        if (!string.IsNullOrEmpty(former))
            Remember(set, former);
    }

    private static void Remember(ReplicaSetDraft set, string former)
    {
        List<string> history = [.. (set.Annotation(DeploymentAnnotations.RevisionHistory) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries), former];
        while (history.Count > 1 && history.Sum(revision => revision.Length + 1) - 1 > RevisionHistoryCharsMax)
            history.RemoveAt(0);
        set.Annotate(DeploymentAnnotations.RevisionHistory, string.Join(',', history));
    }

    private V1ReplicaSet NewReplicaSet()
    {
        var template = ObjectCodec.Clone(_deployment.Spec.Template);
        var hash = ShortHash.Of(string.Create(CultureInfo.InvariantCulture, $"{_deployment.Status?.CollisionCount}\n{JsonSerializer.Serialize(template, ObjectCodec.Options)}"));
        template.Metadata ??= new V1ObjectMeta();
        template.Metadata.Labels = With(template.Metadata.Labels, hash);
        return new V1ReplicaSet
        {
            ApiVersion = $"{V1ReplicaSet.KubeGroup}/{V1ReplicaSet.KubeApiVersion}",
            Kind = V1ReplicaSet.KubeKind,
            Metadata = new V1ObjectMeta
            {
                // The same template gives the same name, so that no template gets two ReplicaSets.
                Name = $"{_deployment.Metadata.Name}-{hash}",
                NamespaceProperty = _deployment.Metadata.NamespaceProperty,
                Labels = With(template.Metadata.Labels, hash),
                OwnerReferences = [OwnerReferences.ControlledBy(_deployment)],
            },
            Spec = new V1ReplicaSetSpec
            {
                Replicas = 0,
                MinReadySeconds = _deployment.Spec.MinReadySeconds,
                Selector = new V1LabelSelector
                {
                    MatchLabels = With(_deployment.Spec.Selector?.MatchLabels, hash),
                    MatchExpressions = _deployment.Spec.Selector?.MatchExpressions,
                },
                Template = template,
            },
        };
    }

    private static Dictionary<string, string> With(IDictionary<string, string>? labels, string hash) =>
        new(labels ?? new Dictionary<string, string>()) { [HashLabel] = hash };

    private static JsonElement WithoutHash(V1PodTemplateSpec? template)
    {
        var json = JsonSerializer.SerializeToNode(template, ObjectCodec.Options);
        (json?["metadata"]?["labels"] as JsonObject)?.Remove(HashLabel);
        return JsonSerializer.SerializeToElement(json);
    }
}
