using System.Security.Cryptography;
using System.Text;
using k8s.Models;

namespace OrleansOrchestrator.Node.Planning;

/// <summary>A hash of the container fields that may change in a running pod and then need a new container.</summary>
internal static class ContainerSpecHash
{
    /// <summary>The image is the only such field (<c>spec.containers[*].image</c>); others cannot be updated.</summary>
    public static string Of(V1Container container) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(container.Image ?? "")).AsSpan(0, 8));
}
