using OrleansOrchestrator.LoadTests.Cluster;

namespace OrleansOrchestrator.LoadTests.Scenarios.Node;

/// <summary>What a node takes of its machine at a moment.</summary>
internal sealed record NodeHoldings
{
    // Pools of threads and of connections grow and shrink by themselves.
    private const int Slack = 12;

    public required IReadOnlyDictionary<string, int> Counts { get; init; }

    /// <param name="node">The node.</param>
    /// <param name="ns">The namespace of its pods.</param>
    /// <param name="uids">The uids of all pods that it had.</param>
    public static async Task<NodeHoldings> MeasureAsync(NodeUnderLoad node, string ns, IReadOnlyCollection<string> uids)
    {
        var guards = node.Guards();
        var files = EntriesOf($"/proc/{node.Id}/fd").Select(TargetOf).ToList();
        return new NodeHoldings
        {
            Counts = new Dictionary<string, int>
            {
                ["containers"] = (await node.ContainersAsync()).Count,
                ["ends of networks"] = (await NodeUnderLoad.DockerAsync("network", "inspect", "bridge", "--format", "{{range .Containers}}{{println .Name}}{{end}}")).Count(name => name.Contains($"_{ns}_", StringComparison.Ordinal)),
                ["cgroups"] = uids.Count(uid => Directory.EnumerateDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup").Any(root => Directory.Exists(Path.Combine(root, "orchestrator", $"pod{uid}")))),
                ["mounts"] = File.ReadLines($"/proc/{node.Id}/mountinfo").Count(line => line.Contains(node.DataFolder, StringComparison.Ordinal)),
                ["folders of pods"] = EntriesOf(Path.Combine(node.DataFolder, "pods")).Count,
                ["open files"] = files.Count(target => !target.StartsWith("socket:", StringComparison.Ordinal)),
                ["sockets"] = files.Count(target => target.StartsWith("socket:", StringComparison.Ordinal)),
                ["threads"] = EntriesOf($"/proc/{node.Id}/task").Count,
                ["children"] = ChildrenOf(node.Id),
                ["guards"] = guards.Count,
                ["open files of guards"] = guards.Sum(guard => EntriesOf($"/proc/{guard}/fd").Count),
            },
        };
    }

    /// <summary>What there is more of than before: of what pods have nothing may be left.</summary>
    public IReadOnlyList<string> LeftSince(NodeHoldings before) =>
    [
        .. Counts.Where(count => count.Value > MostOf(count.Key, before.Counts[count.Key]))
            .Select(count => $"{count.Key} {before.Counts[count.Key]} → {count.Value}"),
    ];

    private static int MostOf(string kind, int before) => kind switch
    {
        "containers" or "ends of networks" or "cgroups" or "mounts" or "folders of pods" => 0,
        "open files" or "sockets" or "threads" => before + Slack,
        _ => before,
    };

    public override string ToString() => string.Join(", ", Counts.Select(count => $"{count.Key} {count.Value}"));

    private static int ChildrenOf(int id) => Directory.Exists($"/proc/{id}/task/{id}")
        ? File.ReadAllText($"/proc/{id}/task/{id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Length
        : 0;

    private static IReadOnlyList<string> EntriesOf(string folder) => Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder) : [];

    private static string TargetOf(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
