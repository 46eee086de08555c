using k8s.Models;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>Reads the claims of this node's pods, and the volumes that they are bound to.</summary>
internal interface IClaimSource
{
    /// <summary>Returns the claim, or null if it does not exist.</summary>
    Task<V1PersistentVolumeClaim?> GetClaimAsync(string ns, string name, CancellationToken cancellationToken);

    /// <summary>Returns the volume, or null if it does not exist.</summary>
    Task<V1PersistentVolume?> GetVolumeAsync(string name, CancellationToken cancellationToken);

    /// <summary>Returns the node, whose labels decide which volumes it reaches, or null if it does not exist.</summary>
    Task<V1Node?> GetNodeAsync(string name, CancellationToken cancellationToken);
}
