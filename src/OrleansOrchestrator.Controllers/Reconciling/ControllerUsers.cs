using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Controllers.Reconciling;

/// <summary>As whom controllers write: the same users as in Kubernetes.</summary>
public static class ControllerUsers
{
    /// <summary>The API server's own loops, which in Kubernetes too are no part of the controller manager.</summary>
    public const string ApiServer = "system:apiserver";

    /// <summary>A controller's service account.</summary>
    public static string ServiceAccount(string name) => ServiceAccountName.Of("kube-system", name);
}
