using System.Globalization;
using OrleansOrchestrator.Node.Runtime.Process;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>The cgroups of pods: one per pod with all its containers below it, so that the kernel knows the pod's processes.</summary>
/// <remarks>
/// A cgroup is sealed by a limit of zero new processes; then neither the engine nor the pod can start one. Where cgroups cannot be used
/// (no rights, an engine elsewhere), <see cref="Find"/> returns null.
/// </remarks>
internal sealed class PodCgroups
{
    private const string Mount = "/sys/fs/cgroup";
    private const string Group = "orchestrator";
    private const string Unlimited = "max";
    private const string Processes = "pids.max";
    private const string Descendants = "cgroup.max.descendants";
    private const string Shares = "cpu.shares";
    private const string Weight = "cpu.weight";
    private static readonly string[] Bounds = [Processes, Descendants];

    // The kernel takes a moment to release ended processes.
    private static readonly TimeSpan RemovalTime = TimeSpan.FromSeconds(1);
    // How often the removal is retried within RemovalTime.
    private static readonly TimeSpan RemovalInterval = TimeSpan.FromMilliseconds(20);

    private readonly string _mount;
    private readonly string _root;
    private readonly bool _usesSlices;
    private readonly string _pidsOfPod;

    private PodCgroups(string mount, string root, bool usesSlices, long? pidsOfPod) =>
        (_mount, _root, _usesSlices, _pidsOfPod) = (mount, root, usesSlices, pidsOfPod?.ToString(CultureInfo.InvariantCulture) ?? Unlimited);

    /// <param name="usesSlices">Whether the engine names cgroups by systemd slices.</param>
    /// <param name="limits">What pods may take of the machine.</param>
    /// <param name="fault">Why there are none.</param>
    /// <param name="mount">Where the hierarchies are.</param>
    public static PodCgroups? Find(bool usesSlices, CgroupLimits limits, out string fault, string mount = Mount)
    {
        // Version 2 has one hierarchy; in version 1 the pids hierarchy is used.
        var root = File.Exists(Path.Combine(mount, "cgroup.controllers")) ? mount : Path.Combine(mount, "pids");
        fault = "";
        if (!File.Exists(Path.Combine(root, "cgroup.procs")))
            fault = $"{root} is no cgroup hierarchy";
        else if (!System.Environment.IsPrivilegedProcess)
            fault = "the daemon is not root";
        if (fault.Length > 0)
            return null;
        var cgroups = new PodCgroups(mount, root, usesSlices, limits.PidsOfPod);
        try
        {
            Directory.CreateDirectory(cgroups.GroupPath);
            cgroups.LimitAll(limits);
            return cgroups;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            fault = exception.Message;
            return null;
        }
    }

    /// <summary>The engine's name of the pod's cgroup.</summary>
    public string ParentOf(string podUid) => _usesSlices ? SliceOf(podUid) : $"/{Group}/pod{podUid}";

    public string PathOf(string podUid) => Path.Combine(GroupPath, _usesSlices ? SliceOf(podUid) : $"pod{podUid}");

    /// <summary>The path of a container's cgroup below the mount of any hierarchy.</summary>
    /// <param name="scope">What the runtime puts before a container's id in the name of its scope, if it names cgroups by systemd slices.</param>
    /// <param name="podUid">The pod.</param>
    /// <param name="containerId">The container.</param>
    public string RelativePathOf(string scope, string podUid, string containerId) => Path.Combine(
        Path.GetRelativePath(_root, PathOf(podUid)), _usesSlices ? $"{scope}-{containerId}.scope" : containerId);

    /// <summary>The processes of a container; none if it has ended.</summary>
    public IReadOnlyList<int> ProcessesOf(string scope, string podUid, string containerId) =>
        [.. ProcFile.Lines(Path.Combine(_root, RelativePathOf(scope, podUid, containerId), "cgroup.procs")).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];

    /// <summary>Whether a container has its cgroup: the engine removes it when the container has ended.</summary>
    public bool Has(string scope, string podUid, string containerId) => Directory.Exists(Path.Combine(_root, RelativePathOf(scope, podUid, containerId)));

    /// <summary>Creates the pod's cgroup, and allows processes in it.</summary>
    public void Open(string podUid)
    {
        var path = PathOf(podUid);
        if (!Directory.Exists(path))
        {
            // In version 2 the parent enables a controller.
            foreach (var controller in new[] { "+pids", "+cpu" })
            {
                TryWrite(Path.Combine(_root, "cgroup.subtree_control"), controller);
                TryWrite(Path.Combine(GroupPath, "cgroup.subtree_control"), controller);
            }

            Directory.CreateDirectory(path);
        }

        TryWrite(Path.Combine(path, Processes), _pidsOfPod);
        TryWrite(Path.Combine(path, Descendants), Unlimited);
    }

    /// <summary>Forbids new processes in the pod's cgroup, as the guard does.</summary>
    public void Seal(string podUid) => SealAt(PathOf(podUid));

    /// <summary>Forbids new processes in a cgroup, and kills those that are in it.</summary>
    public static void End(string path)
    {
        SealAt(path);
        Kill(path);
    }

    private static void SealAt(string path)
    {
        foreach (var bound in Bounds)
            TryWrite(Path.Combine(path, bound), "0");
    }

    /// <summary>Whether a process of the pod is in its cgroup.</summary>
    public bool IsPopulated(string podUid) =>
        Directory.EnumerateFiles(PathOf(podUid), "cgroup.procs", SearchOption.AllDirectories).Any(file => File.ReadAllText(file).Length > 0);

    /// <summary>Kills the remaining processes of the pod's cgroup, and removes it from every hierarchy.</summary>
    /// <exception cref="RuntimeException">A process has not ended in time.</exception>
    public async Task RemoveAsync(string podUid, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var relative = Path.GetRelativePath(_root, PathOf(podUid));
        string[] roots = _root == _mount ? [_mount] : [.. Directory.EnumerateDirectories(_mount)];
        var paths = roots.Select(root => Path.Combine(root, relative)).ToList();
        var start = timeProvider.GetTimestamp();
        while (true)
        {
            Kill(PathOf(podUid));
            foreach (var path in paths)
                RemoveTree(path);
            if (paths.Find(Directory.Exists) is not { } left)
                return;
            if (timeProvider.GetElapsedTime(start) > RemovalTime)
                throw new RuntimeException(RuntimeException.Unavailable, $"the cgroup {left} still holds processes");
            await Task.Delay(RemovalInterval, timeProvider, cancellationToken);
        }
    }

    /// <summary>Limits all pods together, so that they leave what is reserved. The cgroup is that of all daemons of the machine.</summary>
    private void LimitAll(CgroupLimits limits)
    {
        Limit("memory", limits.MemoryBytes, limits.LiftsOthers, ("memory.limit_in_bytes", bytes => bytes, "-1"), ("memory.max", bytes => bytes, Unlimited));
        Limit("pids", limits.Pids, limits.LiftsOthers, (Processes, pids => pids, Unlimited), (Processes, pids => pids, Unlimited));
        LeaveSome(limits);

        // Shares of processor time count only while there is not enough for all; version 2 has another scale for the same.
        Limit(
            "cpu", limits.CpuMillis, limits.LiftsOthers,
            (Shares, SharesOf, "1024"),
            (Weight, WeightOf, "100"));
    }

    /// <summary>Gives a pod processor time by its requests while there is not enough for all: those of its containers count only among
    /// them.</summary>
    /// <param name="path">The pod's cgroup.</param>
    /// <param name="cpuMillis">The pod's requests in thousandths of a core.</param>
    /// <param name="mount">Where the hierarchies are.</param>
    public static void Weigh(string path, long cpuMillis, string mount = Mount)
    {
        TryWrite(Path.Combine(path, Weight), WeightOf(cpuMillis).ToString(CultureInfo.InvariantCulture));
        var pids = Path.Combine(mount, "pids");
        if (path.StartsWith(pids + '/', StringComparison.Ordinal))
            TryWrite(Path.Combine(mount, "cpu", Path.GetRelativePath(pids, path), Shares), SharesOf(cpuMillis).ToString(CultureInfo.InvariantCulture));
    }

    // The kernel's bounds, and the scale of version 2, as the kubelet and engines translate it.
    private static long SharesOf(long millis) => Math.Clamp(millis * 1024 / 1000, 2, 262_144);

    private static long WeightOf(long millis) => Math.Clamp(1 + ((SharesOf(millis) - 2) * 9999 / 262_142), 1, 10_000);

    /// <summary>Leaves the machine some processes, whatever pods do: who ends pods may need one. A lower limit stays.</summary>
    private void LeaveSome(CgroupLimits limits)
    {
        var present = ProcFile.Lines(Path.Combine(GroupPath, Processes)).FirstOrDefault();
        if (limits.PidsMax is { } most && !(long.TryParse(present, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit <= most))
            Limit("pids", most, isLifted: false, (Processes, pids => pids, Unlimited), (Processes, pids => pids, Unlimited));
    }

    /// <summary>Writes a limit, or the kernel's own value in place of one that is lifted.</summary>
    private void Limit(
        string controller, long? most, bool isLifted, (string File, Func<long, long> Value, string Default) first, (string File, Func<long, long> Value, string Default) second)
    {
        if (most is null && !isLifted)
            return;
        var path = GroupPath;
        if (_root == _mount)
            TryWrite(Path.Combine(_root, "cgroup.subtree_control"), $"+{controller}");
        else
            Directory.CreateDirectory(path = Path.Combine(_mount, controller, Path.GetRelativePath(_root, GroupPath)));
        var (file, value, none) = _root == _mount ? second : first;
        TryWrite(Path.Combine(path, file), most is { } amount ? value(amount).ToString(CultureInfo.InvariantCulture) : none);
    }

    private string GroupPath => Path.Combine(_root, _usesSlices ? $"{Group}.slice" : Group);

    // A dash in the name of a slice stands for a level.
    private static string SliceOf(string podUid) => $"{Group}-pod{podUid.Replace('-', '_')}.slice";

    /// <summary>Kills every process of the cgroup and its descendants.</summary>
    public static void Kill(string path)
    {
        if (!Directory.Exists(path))
            return;
        var atOnce = Path.Combine(path, "cgroup.kill");
        if (File.Exists(atOnce))
        {
            TryWrite(atOnce, "1");
            return;
        }

        foreach (var file in Directory.EnumerateFiles(path, "cgroup.procs", SearchOption.AllDirectories))
        {
            foreach (var line in File.ReadAllLines(file))
                ProcessSignals.Kill(int.Parse(line, CultureInfo.InvariantCulture));
        }
    }

    /// <summary>Removes a cgroup and its descendants that have no processes.</summary>
    public static void RemoveTree(string path)
    {
        if (!Directory.Exists(path))
            return;
        try
        {
            foreach (var child in Directory.EnumerateDirectories(path))
                RemoveTree(child);
            Directory.Delete(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The engine has not released it yet, or removes it at the same time.
        }
    }

    private static void TryWrite(string file, string value)
    {
        try
        {
            if (File.Exists(file))
                File.WriteAllText(file, value);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The controller does not exist or may not be changed.
        }
    }
}
