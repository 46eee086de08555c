using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Resizes of pods: which part of an update counts, and what of it may change.</summary>
/// <remarks>See ValidatePodResize in k8s.io/kubernetes/pkg/apis/core/validation.</remarks>
internal static class PodResizeValidation
{
    private const string OnlyCpuAndMemory = "only cpu and memory resources are mutable";
    private static readonly string[] Policies = [PodResize.NotRequired, PodResize.RestartContainer];
    private static readonly string[] Resizable = [ResourceNames.Cpu, ResourceNames.Memory];

    /// <summary>The present spec with the containers of the update, of which only the resources and their policies count.</summary>
    public static V1PodSpec Prepare(V1PodSpec? updated, V1PodSpec current)
    {
        var prepared = ObjectCodec.Clone(current);
        prepared.Containers = Take(updated?.Containers, prepared.Containers);
        prepared.InitContainers = Take(updated?.InitContainers, prepared.InitContainers);
        return prepared;
    }

    // Containers that are missing, new or in another order are left to the validation.
    private static IList<V1Container>? Take(IList<V1Container>? updated, IList<V1Container>? current)
    {
        if (updated is null && current.OrNone().Count == 0)
            return current;
        var taken = new List<V1Container>();
        foreach (var container in updated.OrNone())
        {
            if (current.OrNone().FirstOrDefault(one => one.Name == container.Name) is { } old && !taken.Contains(old))
            {
                (old.Resources, old.ResizePolicy) = (container.Resources, container.ResizePolicy);
                taken.Add(old);
            }
            else
            {
                taken.Add(container);
            }
        }

        return taken;
    }

    /// <summary>The policies of a container: one for a resource.</summary>
    public static void ValidatePolicies(IList<V1ContainerResizePolicy>? policies, string? restartPolicy, FieldPath path, FieldErrors errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var policy in policies.OrNone())
        {
            if (!seen.Add(policy.ResourceName ?? ""))
                errors.Duplicate(path, policy.ResourceName);
            ChoiceRules.ValidateRequired(policy.ResourceName, Resizable, path, errors);
            ChoiceRules.ValidateRequired(policy.RestartPolicy, Policies, path, errors);
            if (restartPolicy == "Never" && policy.RestartPolicy == PodResize.RestartContainer)
                errors.Invalid(path, policy.RestartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'");
        }
    }

    public static void Validate(V1Pod updated, V1Pod current, FieldErrors errors)
    {
        var path = FieldPath.Spec;
        PodSpecValidation.Validate(updated.Spec, path, isTemplate: false, errors);
        if (UnsupportedBecause(current) is { } unsupported)
        {
            errors.Forbidden(FieldPath.Root(""), unsupported);
            return;
        }

        if (!HaveSameNames(updated.Spec.Containers, current.Spec.Containers, path.Child("containers"), errors)
            || !HaveSameNames(updated.Spec.InitContainers, current.Spec.InitContainers, path.Child("initContainers"), errors))
        {
            return;
        }

        var qosClass = QosClass.Of(updated.Spec);
        if (QosClass.Of(current.Spec) != qosClass)
            errors.Invalid(path, qosClass, "Pod QOS Class may not change as a result of resizing");
        if (current.Status?.ContainerStatuses?.FirstOrDefault(status => status.State?.Running is not null) is { Resources: null })
            errors.Forbidden(path, "Pod running on node without support for resize");
        ValidateContainers(updated.Spec.Containers, current.Spec.Containers, path, "containers", errors);
        ValidateContainers(updated.Spec.InitContainers, current.Spec.InitContainers, path, "initContainers", errors);
    }

    private static string? UnsupportedBecause(V1Pod pod)
    {
        if (pod.IsMirror)
            return "static pods cannot be resized";
        return pod.Spec.Os?.Name == "windows" ? "windows pods cannot be resized" : null;
    }

    private static bool HaveSameNames(IList<V1Container>? updated, IList<V1Container>? current, FieldPath path, FieldErrors errors)
    {
        if (updated.OrNone().Count != current.OrNone().Count)
            errors.Forbidden(path, "containers may not be added or removed on resize");
        else if (!updated.OrNone().Select(container => container.Name).SequenceEqual(current.OrNone().Select(container => container.Name), StringComparer.Ordinal))
            errors.Forbidden(path, "containers may not be renamed or reordered on resize");
        else
            return true;
        return false;
    }

    private static void ValidateContainers(IList<V1Container>? updated, IList<V1Container>? current, FieldPath spec, string list, FieldErrors errors)
    {
        foreach (var (index, (after, before)) in updated.OrNone().Zip(current.OrNone()).Index())
        {
            var isSidecar = list == "initContainers" && before.IsSidecar;
            if (list == "initContainers" && !isSidecar)
            {
                if (!SemanticEquality.Equal(after, before))
                    errors.Forbidden(spec, "resources for non-sidecar init containers are immutable");
                continue;
            }

            ValidateAmounts(after, before, spec.Child(list).Index(index).Child("resources"), errors);
            if (!SemanticEquality.Equal(WithResizable(after, before), before))
                errors.Forbidden(spec, isSidecar ? "only cpu and memory resources for sidecar containers are mutable" : OnlyCpuAndMemory);
        }
    }

    private static void ValidateAmounts(V1Container after, V1Container before, FieldPath path, FieldErrors errors)
    {
        var (had, has) = (before.Resources ?? new V1ResourceRequirements(), after.Resources ?? new V1ResourceRequirements());
        if (IsRemoved(had.Limits, has.Limits))
            errors.Forbidden(path.Child("limits"), "resource limits cannot be removed");
        if (IsRemoved(had.Requests, has.Requests))
            errors.Forbidden(path.Child("requests"), "resource requests cannot be removed");
        if (!before.RestartsOnResizeOf(ResourceNames.Memory)
            && MemoryOf(had.Limits) is { } limitBefore && MemoryOf(has.Limits) is { } limit && limit < limitBefore)
        {
            errors.Forbidden(path.Child("limits"), "memory limits cannot be decreased unless resizePolicy is RestartContainer");
        }
    }

    private static bool IsRemoved(IDictionary<string, ResourceQuantity>? had, IDictionary<string, ResourceQuantity>? has) =>
        Resizable.Any(name => had.OrNone().ContainsKey(name) && !has.OrNone().ContainsKey(name));

    private static Quantity? MemoryOf(IDictionary<string, ResourceQuantity>? amounts) =>
        amounts.OrNone().TryGetValue(ResourceNames.Memory, out var amount) ? Quantity.From(amount) : null;

    /// <summary>The changed container with the processor time and memory of the present one.</summary>
    private static V1Container WithResizable(V1Container after, V1Container before)
    {
        var copy = ObjectCodec.Clone(after);
        copy.Resources ??= new V1ResourceRequirements();
        copy.Resources.Limits = With(copy.Resources.Limits, before.Resources?.Limits);
        copy.Resources.Requests = With(copy.Resources.Requests, before.Resources?.Requests);
        return copy;
    }

    private static Dictionary<string, ResourceQuantity> With(IDictionary<string, ResourceQuantity>? after, IDictionary<string, ResourceQuantity>? before) =>
        after.OrNone().Where(amount => !Resizable.Contains(amount.Key))
            .Concat(before.OrNone().Where(amount => Resizable.Contains(amount.Key)))
            .ToDictionary(StringComparer.Ordinal);
}
