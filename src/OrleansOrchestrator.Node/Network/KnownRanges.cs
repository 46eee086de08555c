using System.Net;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Network;

/// <summary>
/// The ranges with which the daemon has changed the machine's network: pods start by them while the API is away, and a later daemon knows
/// by them that there is something to remove.
/// </summary>
internal sealed class KnownRanges
{
    private readonly string _path;
    private readonly StateFile _file;
    private string _text = "";

    /// <summary>Reads what an earlier daemon has kept.</summary>
    /// <param name="folder">The daemon's folder for its network.</param>
    public KnownRanges(string folder)
    {
        _path = FileIn(folder);
        _file = new StateFile(_path);
        if (_file.ReadLines() is not [var own, var cluster, ..])
            return;
        (Own, Cluster, _text) = (Read(own), Read(cluster), $"{own}\n{cluster}\n");
    }

    /// <summary>The file in the daemon's folder for its network. As long as it is there, there is something to remove.</summary>
    public static string FileIn(string folder) => Path.Combine(folder, "ranges");

    /// <summary>Whether the machine's network may have been changed.</summary>
    public bool Exists => File.Exists(_path);

    /// <summary>The node's ranges.</summary>
    public IReadOnlyList<IPNetwork> Own { get; private set; } = [];

    /// <summary>Those of the cluster.</summary>
    public IReadOnlyList<IPNetwork> Cluster { get; private set; } = [];

    /// <summary>Keeps ranges, before the machine's network is changed by them.</summary>
    /// <exception cref="IOException">The disk does not take them.</exception>
    public void Keep(IReadOnlyList<IPNetwork> own, IReadOnlyList<IPNetwork> cluster)
    {
        var text = $"{string.Join(' ', own)}\n{string.Join(' ', cluster)}\n";
        (Own, Cluster) = (own, cluster);
        if (text == _text)
            return;
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        _file.Write(text);
        _text = text;
    }

    /// <summary>Forgets them.</summary>
    public void Remove()
    {
        (Own, Cluster, _text) = ([], [], "");
        _file.Delete();
    }

    private static IReadOnlyList<IPNetwork> Read(string line) => NetworkNode.ReadRanges(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
}
