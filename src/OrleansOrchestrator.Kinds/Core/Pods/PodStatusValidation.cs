using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates the pod status that nodes report.</summary>
internal static class PodStatusValidation
{
    public static void Validate(V1Pod updated, V1Pod current, FieldErrors errors)
    {
        var path = FieldPath.Status;
        var status = updated.Status;
        if (!string.IsNullOrEmpty(status?.NominatedNodeName))
            errors.Invalid(path.Child("nominatedNodeName"), status.NominatedNodeName, NameRules.IsDns1123Subdomain(status.NominatedNodeName));
        if (current.Status?.QosClass is { } qosClass && status?.QosClass != qosClass)
            errors.Invalid(path.Child("qosClass"), status?.QosClass ?? "", "field is immutable");
        var addresses = (status?.PodIPs).OrNone();
        for (var i = 0; i < addresses.Count; i++)
            errors.Invalid(path.Child("podIPs").Index(i), addresses[i].Ip ?? "", NameRules.IsValidIP(addresses[i].Ip ?? ""));
        if (updated.Spec?.RestartPolicy != "Always")
            ValidateTransitions(status?.ContainerStatuses, current.Status?.ContainerStatuses, updated.Spec?.RestartPolicy, path.Child("containerStatuses"), errors);
    }

    // A container that has ended and is not restarted cannot be running again.
    private static void ValidateTransitions(
        IList<V1ContainerStatus>? updated, IList<V1ContainerStatus>? current, string? restartPolicy, FieldPath path, FieldErrors errors)
    {
        foreach (var old in current.OrNone())
        {
            if (old.State?.Terminated is not { } end || (end.ExitCode != 0 && restartPolicy == "OnFailure"))
                continue;
            for (var i = 0; i < updated.OrNone().Count; i++)
            {
                if (updated![i].Name == old.Name && updated[i].State?.Terminated is null)
                    errors.Forbidden(path.Index(i).Child("state"), "may not be transitioned to non-terminated state");
            }
        }
    }
}
