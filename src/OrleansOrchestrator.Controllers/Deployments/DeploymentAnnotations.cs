namespace OrleansOrchestrator.Controllers.Deployments;

/// <summary>The annotations by which deployments and their replica sets tell of rollouts.</summary>
internal static class DeploymentAnnotations
{
    /// <summary>On both: which revision of the template this is.</summary>
    public const string Revision = "deployment.kubernetes.io/revision";

    /// <summary>On a replica set: which revisions it was before.</summary>
    public const string RevisionHistory = "deployment.kubernetes.io/revision-history";

    /// <summary>On a replica set: for how many replicas of the deployment it has its number.</summary>
    public const string DesiredReplicas = "deployment.kubernetes.io/desired-replicas";

    /// <summary>On a replica set: the same, with the surge.</summary>
    public const string MaxReplicas = "deployment.kubernetes.io/max-replicas";

    // Each of these says something of the one object that it stands on.
    private static readonly HashSet<string> Own =
    [
        Revision, RevisionHistory, DesiredReplicas, MaxReplicas, "kubectl.kubernetes.io/last-applied-configuration", "deprecated.deployment.rollback.to",
    ];

    /// <summary>The annotations of a deployment that its replica set gets too, the cause of the change among them.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Shared(IDictionary<string, string>? annotations) =>
        (annotations ?? new Dictionary<string, string>()).Where(pair => !Own.Contains(pair.Key));
}
