using System.Text.RegularExpressions;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Pods;

/// <summary>Validates the security contexts of pods and containers.</summary>
internal static partial class SecurityContextValidation
{
    private const int SysctlNameMax = 253;
    private const string SysctlPattern = @"^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*([a-z0-9]([-_a-z0-9]*[a-z0-9])?)$";

    private static readonly string[] SeccompTypes = ["Localhost", "RuntimeDefault", "Unconfined"];
    private static readonly string[] ProcMounts = ["Default", "Unmasked"];
    private static readonly string[] ChangePolicies = ["Always", "OnRootMismatch"];
    private static readonly string[] GroupPolicies = ["Merge", "Strict"];
    private static readonly string[] LabelPolicies = ["MountOption", "Recursive"];

    public static void Validate(V1PodSpec spec, FieldPath path, FieldErrors errors)
    {
        if (spec.ShareProcessNamespace == true && spec.HostPID == true)
            errors.Invalid(path.Child("shareProcessNamespace"), true, "ShareProcessNamespace and HostPID cannot both be enabled");
        if (spec.HostUsers == false)
            ForbidHostNamespaces(spec, path, errors);
        if (spec.SecurityContext is not { } context)
            return;
        var at = path.Child("securityContext");
        NumberRules.ValidateUserOrGroup(context.FsGroup, at.Child("fsGroup"), errors);
        NumberRules.ValidateUserOrGroup(context.RunAsUser, at.Child("runAsUser"), errors);
        NumberRules.ValidateUserOrGroup(context.RunAsGroup, at.Child("runAsGroup"), errors);
        var groups = context.SupplementalGroups.OrNone();
        for (var i = 0; i < groups.Count; i++)
            NumberRules.ValidateUserOrGroup(groups[i], at.Child("supplementalGroups").Index(i), errors);
        if (context.FsGroupChangePolicy is { } policy && !ChangePolicies.Contains(policy))
            errors.NotSupported(at.Child("fsGroupChangePolicy"), policy, ChangePolicies);
        if (context.SupplementalGroupsPolicy is { } groupPolicy && !GroupPolicies.Contains(groupPolicy))
            errors.NotSupported(at.Child("supplementalGroupsPolicy"), groupPolicy, GroupPolicies);
        if (context.SeLinuxChangePolicy is { } labelPolicy && !LabelPolicies.Contains(labelPolicy))
            errors.NotSupported(at.Child("seLinuxChangePolicy"), labelPolicy, LabelPolicies);
        ValidateSysctls(context.Sysctls.OrNone(), spec, at.Child("sysctls"), errors);
        ValidateSeccomp(context.SeccompProfile, at.Child("seccompProfile"), errors);
        AppArmorValidation.Validate(context.AppArmorProfile, at.Child("appArmorProfile"), errors);
    }

    // The users of another namespace own nothing in those of the host.
    private static void ForbidHostNamespaces(V1PodSpec spec, FieldPath path, FieldErrors errors)
    {
        const string why = "when `hostUsers` is false";
        if (spec.HostNetwork == true)
            errors.Forbidden(path.Child("hostNetwork"), why);
        if (spec.HostPID == true)
            errors.Forbidden(path.Child("hostPID"), why);
        if (spec.HostIPC == true)
            errors.Forbidden(path.Child("hostIPC"), why);
    }

    // A sysctl of a namespace that the pod shares with its node would change the node.
    private static void ValidateSysctls(IList<V1Sysctl> sysctls, V1PodSpec spec, FieldPath path, FieldErrors errors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < sysctls.Count; i++)
        {
            var (name, at) = (sysctls[i].Name ?? "", path.Index(i).Child("name"));
            if (name.Length == 0)
                errors.Required(at);
            else if (name.Length > SysctlNameMax || !SysctlName().IsMatch(name))
                errors.Invalid(at, name, $"must have at most {SysctlNameMax} characters and match regex {SysctlPattern}");
            else if (!names.Add(name.Replace('/', '.')))
                errors.Duplicate(at, name);
            if (spec.HostNetwork == true && name.Replace('/', '.').StartsWith("net.", StringComparison.Ordinal))
                errors.Invalid(at, name, "may not be specified when 'hostNetwork' is true");
            if (spec.HostIPC == true && IsOfIpcNamespace(name.Replace('/', '.')))
                errors.Invalid(at, name, "may not be specified when 'hostIPC' is true");
        }
    }

    private static bool IsOfIpcNamespace(string name) =>
        name is "kernel.sem" || name.StartsWith("kernel.shm", StringComparison.Ordinal) || name.StartsWith("kernel.msg", StringComparison.Ordinal)
        || name.StartsWith("fs.mqueue.", StringComparison.Ordinal);

    [GeneratedRegex(SysctlPattern)]
    private static partial Regex SysctlName();

    public static void Validate(V1SecurityContext? context, FieldPath path, FieldErrors errors)
    {
        if (context is null)
            return;
        NumberRules.ValidateUserOrGroup(context.RunAsUser, path.Child("runAsUser"), errors);
        NumberRules.ValidateUserOrGroup(context.RunAsGroup, path.Child("runAsGroup"), errors);
        if (context.ProcMount is { } procMount && !ProcMounts.Contains(procMount))
            errors.NotSupported(path.Child("procMount"), procMount, ProcMounts);
        ValidateSeccomp(context.SeccompProfile, path.Child("seccompProfile"), errors);
        AppArmorValidation.Validate(context.AppArmorProfile, path.Child("appArmorProfile"), errors);
        if (context.AllowPrivilegeEscalation != false)
            return;

        // Both would grant again what this setting takes away.
        if (context.Privileged == true)
            errors.Invalid(path, context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        if ((context.Capabilities?.Add).OrNone().Contains("CAP_SYS_ADMIN"))
            errors.Invalid(path, context, "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
    }

    private static void ValidateSeccomp(V1SeccompProfile? profile, FieldPath path, FieldErrors errors)
    {
        if (profile is null)
            return;
        if (string.IsNullOrEmpty(profile.Type))
            errors.Required(path.Child("type"), "type is required when seccompProfile is set");
        else if (!SeccompTypes.Contains(profile.Type))
            errors.NotSupported(path.Child("type"), profile.Type, SeccompTypes);

        if (profile.Type != "Localhost")
        {
            if (profile.LocalhostProfile is { } unused)
                errors.Invalid(path.Child("localhostProfile"), unused, "can only be set when seccomp type is Localhost");
        }
        else if (string.IsNullOrEmpty(profile.LocalhostProfile))
        {
            errors.Required(path.Child("localhostProfile"), "must be set when seccomp type is Localhost");
        }
        else
        {
            PathRules.ValidateDescending(profile.LocalhostProfile, path.Child("localhostProfile"), errors);
        }
    }
}
