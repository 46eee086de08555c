using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>The identity under which a controller writes and records events.</summary>
/// <param name="Component">The source of its events.</param>
/// <param name="Options">The options of its writes: its user and field manager.</param>
internal sealed record ControllerIdentity(string Component, WriteOptions Options)
{
    /// <summary>The identity of a reconciler.</summary>
    public static ControllerIdentity Of(IReconciler reconciler) => Of(reconciler.EventSource, reconciler.User);

    /// <summary>The identity of a controller.</summary>
    /// <param name="component">The source of its events.</param>
    /// <param name="user">The user as which it writes.</param>
    public static ControllerIdentity Of(string component, string user) => new(component, WriteOptions.ControlPlane with
    {
        User = new UserInfo(user, GroupsOf(user)),
        // Kubernetes names managers after the program, not after the account.
        FieldManager = user == ControllerUsers.ApiServer ? "kube-apiserver" : "kube-controller-manager",
    });

    private static IReadOnlyList<string> GroupsOf(string user) => ServiceAccountName.Parse(user) is var (@namespace, _)
        ? [.. ServiceAccountName.GroupsOf(@namespace), WellKnownGroups.Authenticated]
        : [WellKnownGroups.Masters, WellKnownGroups.Authenticated];
}
