using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Namespaces;

/// <summary>Keeps a service account named <c>default</c> in every active namespace. Pods without a service account of their own run as it.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/controller/serviceaccount/serviceaccounts_controller.go.</remarks>
public sealed class DefaultServiceAccountReconciler : IReconciler
{
    /// <summary>The name of the service account.</summary>
    public const string ServiceAccountName = "default";

    private static readonly FixedName Account = new(WellKnownResources.ServiceAccounts, ServiceAccountName);

    /// <inheritdoc/>
    public string Name => "service-account-controller";

    /// <inheritdoc/>
    public ResourceName Primary => WellKnownResources.Namespaces;

    /// <inheritdoc/>
    public IReadOnlyList<Relation> Relations { get; } = [Account];

    /// <inheritdoc/>
    public Plan Reconcile(Observation observation)
    {
        if (observation.Primary is not V1Namespace { Metadata.DeletionTimestamp: null } ns
            || ns.Status?.Phase == "Terminating"
            || observation.Related(Account).Count > 0)
        {
            return Plan.Nothing;
        }

        var account = new V1ServiceAccount
        {
            ApiVersion = V1ServiceAccount.KubeApiVersion,
            Kind = V1ServiceAccount.KubeKind,
            Metadata = new V1ObjectMeta { NamespaceProperty = ns.Metadata.Name, Name = ServiceAccountName },
        };
        return new Plan { Actions = [new CreateObject(WellKnownResources.ServiceAccounts, account)] };
    }
}
