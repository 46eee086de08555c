using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Controllers.Reconciling;

/// <summary>The users as which controllers write: the same as in Kubernetes.</summary>
public static class ControllerUsers
{
    /// <summary>The API server's own loops. In Kubernetes too they are not part of the controller manager.</summary>
    public const string ApiServer = "system:apiserver";

    /// <summary>A controller's service account.</summary>
    public static string ServiceAccount(string name) => ServiceAccountName.Of("kube-system", name);
}
