using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Node.Configuration;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>Refuses to run a container as root that must not, in the kubelet's words.</summary>
internal static class NonRootPolicy
{
    /// <param name="pod">The pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="imageUser">The image's user: a number or a name, with or without a group; empty for root.</param>
    /// <exception cref="ConfigurationException">It would run as root, or its user is unknown.</exception>
    public static void Verify(V1Pod pod, V1Container container, string imageUser)
    {
        var (whole, own) = (pod.Spec.SecurityContext, container.SecurityContext);
        if ((own?.RunAsNonRoot ?? whole?.RunAsNonRoot) != true)
            return;
        var where = $"(pod: \"{pod.Metadata.Name}_{pod.Metadata.NamespaceProperty}({pod.Metadata.Uid})\", container: {container.Name})";
        if ((own?.RunAsUser ?? whole?.RunAsUser) is { } wanted)
        {
            if (wanted == 0)
                throw new ConfigurationException($"container's runAsUser breaks non-root policy {where}");
            return;
        }

        var user = imageUser.Split(':')[0];
        if (user.Length == 0 || (IsNumber(user, out var number) && number == 0))
            throw new ConfigurationException($"container has runAsNonRoot and image will run as root {where}");
        if (!IsNumber(user, out _))
            throw new ConfigurationException($"container has runAsNonRoot and image has non-numeric user ({user}), cannot verify user is non-root {where}");
    }

    private static bool IsNumber(string text, out long number) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
}
