namespace OrleansOrchestrator.Controllers.Deployments;

/// <summary>The annotations that record rollouts on Deployments and their ReplicaSets.</summary>
internal static class DeploymentAnnotations
{
    /// <summary>On both: the revision number of the template.</summary>
    public const string Revision = "deployment.kubernetes.io/revision";

    /// <summary>On a ReplicaSet: the revision numbers that it had before.</summary>
    public const string RevisionHistory = "deployment.kubernetes.io/revision-history";

    /// <summary>On a ReplicaSet: the Deployment's replicas at the time when the ReplicaSet got its size.</summary>
    public const string DesiredReplicas = "deployment.kubernetes.io/desired-replicas";

    /// <summary>On a ReplicaSet: the same number plus the surge.</summary>
    public const string MaxReplicas = "deployment.kubernetes.io/max-replicas";

    // These annotations are about the one object that has them, so the ReplicaSet does not get a copy.
    private static readonly HashSet<string> Own =
    [
        Revision, RevisionHistory, DesiredReplicas, MaxReplicas, "kubectl.kubernetes.io/last-applied-configuration", "deprecated.deployment.rollback.to",
    ];

    /// <summary>The annotations of a Deployment that its ReplicaSet gets too, the change cause among them.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Shared(IDictionary<string, string>? annotations) =>
        (annotations ?? new Dictionary<string, string>()).Where(pair => !Own.Contains(pair.Key));
}
