using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Gives a new pod the priority of its class, which it keeps, and allows only one global default class.</summary>
/// <remarks>See the admission plug-in Priority, k8s.io/kubernetes/plugin/pkg/admission/priority.</remarks>
internal sealed class PriorityAdmission(AdmissionReader reader) : IMutatingAdmission
{
    private const string Preempts = "PreemptLowerPriority";

    public string Name => "Priority";

    public bool Handles(AdmissionRequest request) => request switch
    {
        { Operation: AdmissionOperation.Create or AdmissionOperation.Update, Subresource: "", Object: V1Pod { Spec: not null } } => true,
        { Operation: AdmissionOperation.Create or AdmissionOperation.Update, Subresource: "", Object: V1PriorityClass { GlobalDefault: true } } => true,
        _ => false,
    };

    public async ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        if (request is { Object: V1Pod replaced, OldObject: V1Pod current })
            Keep(replaced.Spec, current.Spec);
        else if (request.Object is V1Pod pod)
            Apply(request, pod.Spec, await ClassOfAsync(request, pod.Spec, cancellationToken));
        else if (await FindDefaultAsync(cancellationToken) is { } present && present.Metadata.Name != request.Key.Name)
            throw ApiErrors.Forbidden(WellKnownResources.PriorityClasses, request.Key.Name, $"PriorityClass {present.Metadata.Name} is already marked as globalDefault. Only one default can be marked");
        return request;
    }

    // Who replaces a pod by its manifest need not know what was added to it. Validation refuses other values.
    private static void Keep(V1PodSpec spec, V1PodSpec? current)
    {
        spec.Priority ??= current?.Priority;
        spec.PreemptionPolicy ??= current?.PreemptionPolicy;
    }

    private static void Apply(AdmissionRequest request, V1PodSpec spec, V1PriorityClass? found)
    {
        var priority = found?.Value ?? 0;
        if (spec.Priority is { } said && said != priority)
        {
            throw ApiErrors.Forbidden(WellKnownResources.Pods, request.Key.Name, string.Create(
                CultureInfo.InvariantCulture,
                $"the integer value of priority ({said}) must not be provided in pod spec; priority admission controller computed {priority} from the given PriorityClass name"));
        }

        var policy = found?.PreemptionPolicy ?? Preempts;
        if (spec.PreemptionPolicy is { Length: > 0 } saidPolicy && saidPolicy != policy)
        {
            throw ApiErrors.Forbidden(WellKnownResources.Pods, request.Key.Name,
                $"the string value of PreemptionPolicy ({saidPolicy}) must not be provided in pod spec; priority admission controller computed {policy} from the given PriorityClass name");
        }

        spec.Priority = priority;
        spec.PreemptionPolicy = policy;
        if (string.IsNullOrEmpty(spec.PriorityClassName))
            spec.PriorityClassName = found?.Metadata.Name;
    }

    /// <summary>The class that a pod names, or the global default.</summary>
    private async ValueTask<V1PriorityClass?> ClassOfAsync(AdmissionRequest request, V1PodSpec spec, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(spec.PriorityClassName))
            return await FindDefaultAsync(cancellationToken);
        var found = await reader.FindAsync(WellKnownResources.PriorityClasses, new ObjectKey("", spec.PriorityClassName), cancellationToken)
            ?? throw ApiErrors.Forbidden(WellKnownResources.Pods, request.Key.Name, $"no PriorityClass with name {spec.PriorityClassName} was found");
        return found.SharedModel<V1PriorityClass>();
    }

    /// <summary>The global default; of several the one with the lowest value.</summary>
    private async ValueTask<V1PriorityClass?> FindDefaultAsync(CancellationToken cancellationToken)
    {
        V1PriorityClass? lowest = null;
        foreach (var stored in await reader.AllAsync(WellKnownResources.PriorityClasses, cancellationToken))
        {
            if (stored.SharedModel<V1PriorityClass>() is { GlobalDefault: true } found && (lowest is null || found.Value < lowest.Value))
                lowest = found;
        }

        return lowest;
    }
}
