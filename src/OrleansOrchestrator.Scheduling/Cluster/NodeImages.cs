using System.Runtime.InteropServices;
using k8s.Models;

namespace OrleansOrchestrator.Scheduling.Cluster;

/// <summary>Which nodes have which container images, by each name of an image.</summary>
internal sealed class NodeImages
{
    private readonly Dictionary<string, ImageCopies> _byName = new(StringComparer.Ordinal);

    /// <summary>The copies of an image; null if no node has it.</summary>
    public ImageCopies? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Sets the images of the node at a row.</summary>
    public void Set(int row, NodeRecord record, IList<V1ContainerImage>? images)
    {
        if (IsKnown(row, record, images))
            return;
        Clear(row, record);
        foreach (var image in images ?? [])
        {
            foreach (var name in image?.Names ?? [])
            {
                ref var copies = ref CollectionsMarshal.GetValueRefOrAddDefault(_byName, name, out _);
                copies ??= new ImageCopies(name);
                if (copies.TryAdd(row, image!.SizeBytes ?? 0))
                    record.Images.Add(copies);
            }
        }
    }

    /// <summary>Forgets the images of the node at a row.</summary>
    public void Clear(int row, NodeRecord record)
    {
        foreach (var copies in record.Images)
        {
            copies.Remove(row);
            if (copies.Count == 0)
                _byName.Remove(copies.Name);
        }

        record.Images.Clear();
    }

    /// <summary>Whether nothing has changed, as in nearly all reports.</summary>
    private static bool IsKnown(int row, NodeRecord record, IList<V1ContainerImage>? images)
    {
        var index = 0;
        foreach (var image in images ?? [])
        {
            foreach (var name in image?.Names ?? [])
            {
                if (index == record.Images.Count || record.Images[index].Name != name || record.Images[index].SizeAt(row) != (image!.SizeBytes ?? 0))
                    return false;
                index++;
            }
        }

        return index == record.Images.Count;
    }
}

/// <summary>The nodes that have an image under one name.</summary>
internal sealed class ImageCopies(string name)
{
    private readonly Dictionary<int, long> _sizes = [];

    /// <summary>The name.</summary>
    public string Name { get; } = name;

    /// <summary>The number of nodes.</summary>
    public int Count => _sizes.Count;

    /// <summary>The rows of the nodes, with the size of the image in bytes on each.</summary>
    public IReadOnlyDictionary<int, long> Sizes => _sizes;

    /// <summary>The size on the node at a row, in bytes; zero if the node lacks the image.</summary>
    public long SizeAt(int row) => _sizes.GetValueOrDefault(row);

    public bool TryAdd(int row, long sizeBytes) => _sizes.TryAdd(row, sizeBytes);

    public void Remove(int row) => _sizes.Remove(row);
}
