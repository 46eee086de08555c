using System.Globalization;
using OrleansOrchestrator.Node.Runtime.Process;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>The cgroups of pods: one for each, with all of its containers below it, so that the kernel knows what belongs to the pod.</summary>
/// <remarks>
/// A cgroup is sealed by allowing it no more processes; then neither the engine nor anything in it can start one. Where
/// cgroups cannot be used (no rights, an engine elsewhere) there are none, and <see cref="Find"/> returns null.
/// </remarks>
internal sealed class PodCgroups
{
    private const string Mount = "/sys/fs/cgroup";
    private const string Group = "orchestrator";
    private const string Unlimited = "max";

    // The kernel takes a moment to let go of what has ended.
    private static readonly TimeSpan RemovalTime = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RemovalInterval = TimeSpan.FromMilliseconds(20);

    private readonly string _root;
    private readonly bool _usesSlices;

    private PodCgroups(string root, bool usesSlices) => (_root, _usesSlices) = (root, usesSlices);

    /// <param name="usesSlices">Whether the engine names cgroups by systemd's slices.</param>
    /// <param name="fault">Why there are none.</param>
    public static PodCgroups? Find(bool usesSlices, out string fault)
    {
        // Version 2 has one hierarchy; of version 1 the one that counts processes serves.
        var root = File.Exists(Path.Combine(Mount, "cgroup.controllers")) ? Mount : Path.Combine(Mount, "pids");
        fault = "";
        if (!File.Exists(Path.Combine(root, "cgroup.procs")))
            fault = $"{root} is no cgroup hierarchy";
        else if (!System.Environment.IsPrivilegedProcess)
            fault = "the daemon is not root";
        if (fault.Length > 0)
            return null;
        var cgroups = new PodCgroups(root, usesSlices);
        try
        {
            Directory.CreateDirectory(cgroups.GroupPath);
            return cgroups;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            fault = exception.Message;
            return null;
        }
    }

    /// <summary>The name of the pod's cgroup as the engine takes it.</summary>
    public string ParentOf(string podUid) => _usesSlices ? SliceOf(podUid) : $"/{Group}/pod{podUid}";

    public string PathOf(string podUid) => Path.Combine(GroupPath, _usesSlices ? SliceOf(podUid) : $"pod{podUid}");

    /// <summary>Makes the pod's cgroup, and lets processes start in it.</summary>
    public void Open(string podUid)
    {
        var path = PathOf(podUid);
        if (!Directory.Exists(path))
        {
            // In version 2 a controller counts where the group above says so.
            TryWrite(Path.Combine(_root, "cgroup.subtree_control"), "+pids");
            TryWrite(Path.Combine(GroupPath, "cgroup.subtree_control"), "+pids");
            Directory.CreateDirectory(path);
        }

        foreach (var bound in new[] { "pids.max", "cgroup.max.descendants" })
            TryWrite(Path.Combine(path, bound), Unlimited);
    }

    /// <summary>Whether a process of the pod is where it belongs.</summary>
    public bool IsPopulated(string podUid) =>
        Directory.EnumerateFiles(PathOf(podUid), "cgroup.procs", SearchOption.AllDirectories).Any(file => File.ReadAllText(file).Length > 0);

    /// <summary>Ends what is left in the pod's cgroup, and removes it from every hierarchy.</summary>
    /// <exception cref="RuntimeException">A process of it has not ended in time.</exception>
    public async Task RemoveAsync(string podUid, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var relative = Path.GetRelativePath(_root, PathOf(podUid));
        string[] roots = _root == Mount ? [Mount] : [.. Directory.EnumerateDirectories(Mount)];
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

    private string GroupPath => Path.Combine(_root, _usesSlices ? $"{Group}.slice" : Group);

    // In the name of a slice a dash stands for a level.
    private static string SliceOf(string podUid) => $"{Group}-pod{podUid.Replace('-', '_')}.slice";

    /// <summary>Kills every process of the cgroup and of those below it.</summary>
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

    /// <summary>Removes a cgroup with those below it, as far as they hold no process.</summary>
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
            // The engine has not let go of it yet, or removes it at this moment.
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
            // The controller is not there or not ours to give.
        }
    }
}
