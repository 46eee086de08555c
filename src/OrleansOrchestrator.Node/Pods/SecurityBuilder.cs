using k8s.Models;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>Resolves the security settings of a pod and a container into those of the container.</summary>
/// <param name="seccompFolder">The folder of the node's own filters of system calls.</param>
/// <param name="seccompDefault">Whether containers that say nothing get the runtime's filter, as the kubelet's
/// <c>seccompDefault</c>.</param>
internal sealed class SecurityBuilder(string seccompFolder, bool seccompDefault)
{
    private const string Unconfined = "unconfined";
    private const string OldAppArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/";

    /// <exception cref="ConfigurationException">A profile is missing.</exception>
    public ContainerSecurity Build(V1Pod pod, V1Container container, string imageUser)
    {
        var (whole, own) = (pod.Spec.SecurityContext, container.SecurityContext);
        return new ContainerSecurity
        {
            User = own?.RunAsUser ?? whole?.RunAsUser,
            Group = own?.RunAsGroup ?? whole?.RunAsGroup,
            ImageUser = imageUser,
            SupplementalGroups = [.. (whole?.SupplementalGroups ?? []).OfType<long>(), .. whole?.FsGroup is { } group ? [group] : Array.Empty<long>()],
            Privileged = own?.Privileged == true,
            ReadOnlyRoot = own?.ReadOnlyRootFilesystem == true,
            NoNewPrivileges = own?.AllowPrivilegeEscalation == false,
            AddCapabilities = [.. own?.Capabilities?.Add ?? []],
            DropCapabilities = [.. own?.Capabilities?.Drop ?? []],
            Seccomp = SeccompOf(own?.SeccompProfile ?? whole?.SeccompProfile),
            AppArmor = AppArmorOf(pod, container),
            Labels = [.. LabelsOf(own?.SeLinuxOptions ?? whole?.SeLinuxOptions)],
            UnmaskedProc = own?.ProcMount == "Unmasked",
        };
    }

    /// <summary>The AppArmor profile that a container asks for; null if it asks for none.</summary>
    public static V1AppArmorProfile? ProfileOf(V1Pod pod, V1Container container)
    {
        if ((container.SecurityContext?.AppArmorProfile ?? pod.Spec.SecurityContext?.AppArmorProfile) is { } profile)
            return profile;
        var old = pod.Metadata.Annotations is { } annotations && annotations.TryGetValue(OldAppArmorAnnotation + container.Name, out var text) ? text : "";
        return old switch
        {
            "" => null,
            "runtime/default" => new V1AppArmorProfile { Type = "RuntimeDefault" },
            Unconfined => new V1AppArmorProfile { Type = "Unconfined" },
            _ => new V1AppArmorProfile { Type = "Localhost", LocalhostProfile = old.StartsWith("localhost/", StringComparison.Ordinal) ? old["localhost/".Length..] : old },
        };
    }

    private string SeccompOf(V1SeccompProfile? profile)
    {
        switch (profile?.Type)
        {
            case null:
                return seccompDefault ? "" : Unconfined;
            case "Unconfined":
                return Unconfined;
            case "Localhost":
                var file = Path.Combine(seccompFolder, profile.LocalhostProfile ?? "");
                return File.Exists(file)
                    ? File.ReadAllText(file)
                    : throw new ConfigurationException($"cannot load seccomp profile \"{file}\": no such file or directory");
            default:
                return "";
        }
    }

    private static string AppArmorOf(V1Pod pod, V1Container container) => ProfileOf(pod, container) switch
    {
        { Type: "Unconfined" } => Unconfined,
        { Type: "Localhost" } local => local.LocalhostProfile ?? "",
        _ => "",
    };

    private static IEnumerable<string> LabelsOf(V1SELinuxOptions? options)
    {
        (string Name, string? Value)[] parts = [("user", options?.User), ("role", options?.Role), ("type", options?.Type), ("level", options?.Level)];
        return parts.Where(part => !string.IsNullOrEmpty(part.Value)).Select(part => $"{part.Name}:{part.Value}");
    }
}
