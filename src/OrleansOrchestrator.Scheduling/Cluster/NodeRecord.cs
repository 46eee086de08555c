using k8s.Models;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>The data of a row that is not in columns.</summary>
internal sealed class NodeRecord(string name)
{
    private static readonly IDictionary<string, string> NoLabels = new Dictionary<string, string>();

    public string Name { get; } = name;

    /// <summary>Whether the node object exists: pods can be assigned to a node that is not known yet, or that was deleted.</summary>
    public bool IsPresent { get; set; }

    public bool IsUnschedulable { get; set; }

    /// <summary>Whether the node has a folder for the volumes of <see cref="Kinds.Storage.LocalPathVolumes"/>.</summary>
    public bool HasVolumeFolder { get; set; }

    public IDictionary<string, string> Labels { get; set; } = NoLabels;

    public IReadOnlyList<V1Taint> Taints { get; set; } = [];

    /// <summary>The pods assigned to the node, unordered.</summary>
    public List<AssignedPod> Pods { get; } = [];

    /// <summary>Its images, in the order in which it reports them.</summary>
    public List<ImageCopies> Images { get; } = [];

    /// <summary>The host ports of its pods.</summary>
    public TakenPorts Ports { get; } = new();

    public void Clear()
    {
        IsPresent = false;
        IsUnschedulable = false;
        HasVolumeFolder = false;
        Labels = NoLabels;
        Taints = [];
    }
}
