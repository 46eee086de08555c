using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates the operating system that a pod says it is for: the fields of the other one must not be set.</summary>
/// <remarks>See validateOS, validateLinux and validateWindows in k8s.io/kubernetes/pkg/apis/core/validation.</remarks>
internal static class OperatingSystemValidation
{
    private const string NotForWindows = "cannot be set for a windows pod";

    private static readonly string[] Names = ["linux", "windows"];

    private static readonly (string Field, Func<V1PodSecurityContext, object?> Get)[] OfPodsOnLinux =
    [
        ("appArmorProfile", context => context.AppArmorProfile),
        ("seLinuxOptions", context => context.SeLinuxOptions),
        ("seccompProfile", context => context.SeccompProfile),
        ("fsGroup", context => context.FsGroup),
        ("fsGroupChangePolicy", context => context.FsGroupChangePolicy),
        ("sysctls", context => context.Sysctls is { Count: > 0 } sysctls ? sysctls : null),
        ("runAsUser", context => context.RunAsUser),
        ("runAsGroup", context => context.RunAsGroup),
        ("supplementalGroups", context => context.SupplementalGroups),
        ("supplementalGroupsPolicy", context => context.SupplementalGroupsPolicy),
    ];

    private static readonly (string Field, Func<V1SecurityContext, object?> Get)[] OfContainersOnLinux =
    [
        ("appArmorProfile", context => context.AppArmorProfile),
        ("seLinuxOptions", context => context.SeLinuxOptions),
        ("seccompProfile", context => context.SeccompProfile),
        ("capabilities", context => context.Capabilities),
        ("readOnlyRootFilesystem", context => context.ReadOnlyRootFilesystem),
        ("privileged", context => context.Privileged),
        ("allowPrivilegeEscalation", context => context.AllowPrivilegeEscalation),
        ("procMount", context => context.ProcMount),
        ("runAsUser", context => context.RunAsUser),
        ("runAsGroup", context => context.RunAsGroup),
    ];

    public static void Validate(V1PodSpec spec, FieldPath path, FieldErrors errors)
    {
        if (spec.Os is not { } os)
            return;
        if (string.IsNullOrEmpty(os.Name))
            errors.Required(path.Child("os").Child("name"), "cannot be empty");
        else if (!Names.Contains(os.Name))
            errors.NotSupported(path.Child("os"), os.Name, Names);
        else if (os.Name == "linux")
            ForbidWindows(spec, path, errors);
        else
            ForbidLinux(spec, path, errors);
    }

    private static void ForbidWindows(V1PodSpec spec, FieldPath path, FieldErrors errors)
    {
        const string why = "windows options cannot be set for a linux pod";
        if (spec.SecurityContext?.WindowsOptions is not null)
            errors.Forbidden(path.Child("securityContext").Child("windowsOptions"), why);
        foreach (var (context, at) in ContextsOf(spec, path))
        {
            if (context.WindowsOptions is not null)
                errors.Forbidden(at.Child("windowsOptions"), why);
        }
    }

    private static void ForbidLinux(V1PodSpec spec, FieldPath path, FieldErrors errors)
    {
        Forbid(spec.HostUsers is not null, path.Child("hostUsers"), errors);
        Forbid(spec.HostPID == true, path.Child("hostPID"), errors);
        Forbid(spec.HostIPC == true, path.Child("hostIPC"), errors);
        Forbid(spec.ShareProcessNamespace is not null, path.Child("shareProcessNamespace"), errors);
        if (spec.SecurityContext is { } ofPod)
        {
            foreach (var (field, get) in OfPodsOnLinux)
                Forbid(get(ofPod) is not null, path.Child("securityContext").Child(field), errors);
        }

        foreach (var (context, at) in ContextsOf(spec, path))
        {
            foreach (var (field, get) in OfContainersOnLinux)
                Forbid(get(context) is not null, at.Child(field), errors);
        }
    }

    private static void Forbid(bool isSet, FieldPath path, FieldErrors errors)
    {
        if (isSet)
            errors.Forbidden(path, NotForWindows);
    }

    private static IEnumerable<(V1SecurityContext Context, FieldPath Path)> ContextsOf(V1PodSpec spec, FieldPath path)
    {
        foreach (var (field, containers) in new[] { ("initContainers", spec.InitContainers), ("containers", spec.Containers) })
        {
            foreach (var (index, container) in containers.OrNone().Index())
            {
                if (container.SecurityContext is { } context)
                    yield return (context, path.Child(field).Index(index).Child("securityContext"));
            }
        }
    }
}
