using k8s.Models;
using OrleansOrchestrator.Node.Registration;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Usage;

namespace OrleansOrchestrator.Node.Metrics;

/// <summary>Writes what containers, pods and the machine use under the names and labels of cAdvisor, as <c>/metrics/cadvisor</c> of the kubelet.</summary>
/// <remarks>See docs/storage/prometheus.md of github.com/google/cadvisor. What could not be measured has no line.</remarks>
/// <param name="sample">What the kernel told.</param>
/// <param name="disks">What was last found on disks; null if nothing was found yet.</param>
/// <param name="machine">The properties of the machine.</param>
/// <param name="runtimeVersion">The runtime's version.</param>
/// <param name="devices">The names of disks.</param>
internal sealed class CadvisorMetrics(UsageSample sample, StorageReading? disks, MachineInfo machine, string runtimeVersion, DiskNames devices)
{
    private const string Counter = "counter";
    private const string Gauge = "gauge";
    private const double NanosecondsPerSecond = 1e9;

    private readonly long _time = sample.Time.ToUnixTimeMilliseconds();

    public void Write(MetricsText text)
    {
        List<Row> rows = [RowOfMachine(), .. sample.Measured.SelectMany(one => RowsOf(one.Pod, one.Sandbox))];
        text.Family("cadvisor_version_info", Gauge, "A metric with a constant '1' value labeled by kernel version, OS version, docker version, cadvisor version & cadvisor revision.");
        text.Sample(MetricsText.LabelsOf(("cadvisorRevision", ""), ("cadvisorVersion", ""), ("dockerVersion", DockerVersion), ("kernelVersion", machine.KernelVersion), ("osVersion", machine.OsImage)), 1);
        WriteUsage(text, rows);
        WriteDisks(text, rows);
        WriteNetwork(text, rows);
        WriteSpecs(text, rows);
        WriteMachine(text);
        text.Family("container_scrape_error", Gauge, "1 if there was an error while getting container metrics, 0 otherwise");
        text.Sample("", 0);
    }

    private string DockerVersion => runtimeVersion.StartsWith("docker://", StringComparison.Ordinal) ? runtimeVersion["docker://".Length..] : "";

    private void WriteUsage(MetricsText text, List<Row> rows)
    {
        Values("container_cpu_cfs_periods_total", Counter, "Number of elapsed enforcement period intervals.", row => row.IsLimited ? row.Details?.Periods : null);
        Values("container_cpu_cfs_throttled_periods_total", Counter, "Number of throttled period intervals.", row => row.IsLimited ? row.Details?.ThrottledPeriods : null);
        Values("container_cpu_cfs_throttled_seconds_total", Counter, "Total time duration the container has been throttled.", row => row.IsLimited ? Seconds(row.Details?.ThrottledNanoseconds) : null);
        Values("container_cpu_system_seconds_total", Counter, "Cumulative system cpu time consumed in seconds.", row => Seconds(row.Details?.CpuSystemNanoseconds));
        Values("container_cpu_usage_seconds_total", Counter, "Cumulative cpu time consumed in seconds.", row => Seconds(row.Usage?.CpuNanoseconds), ",cpu=\"total\"");
        Values("container_cpu_user_seconds_total", Counter, "Cumulative user cpu time consumed in seconds.", row => Seconds(row.Details?.CpuUserNanoseconds));
        Values("container_last_seen", Gauge, "Last time a container was seen by the exporter", _ => sample.Time.ToUnixTimeSeconds());
        Values("container_memory_cache", Gauge, "Number of bytes of page cache memory.", row => row.Details?.CacheBytes);
        Values("container_memory_failcnt", Counter, "Number of memory usage hits limits", row => row.Details?.MemoryFailures);
        text.Family("container_memory_failures_total", Counter, "Cumulative count of memory allocation failures.");
        foreach (var row in rows)
        {
            Value(text, row, row.Details?.PageFaults, ",failure_type=\"pgfault\",scope=\"hierarchy\"");
            Value(text, row, row.Details?.MajorPageFaults, ",failure_type=\"pgmajfault\",scope=\"hierarchy\"");
        }

        Values("container_memory_mapped_file", Gauge, "Size of memory mapped files in bytes.", row => row.Details?.MappedFileBytes);
        Values("container_memory_max_usage_bytes", Gauge, "Maximum memory usage recorded in bytes", row => row.Details?.MemoryPeakBytes);
        Values("container_memory_rss", Gauge, "Size of RSS in bytes.", row => row.Details?.RssBytes);
        Values("container_memory_swap", Gauge, "Container swap usage in bytes.", row => row.Details?.SwapBytes);
        Values("container_memory_usage_bytes", Gauge, "Current memory usage in bytes, including all memory regardless of when it was accessed", row => row.Details?.MemoryBytes);
        Values("container_memory_working_set_bytes", Gauge, "Current working set in bytes.", row => row.Usage?.WorkingSetBytes);
        Values("container_oom_events_total", Counter, "Count of out of memory events observed for the container", row => row.Details?.OomKills);
        Values("container_processes", Gauge, "Number of processes running inside the container.", row => row.Processes);
        Values("container_threads", Gauge, "Number of threads running inside the container.", row => row.Details?.Threads);
        Values("container_threads_max", Gauge, "Maximum number of threads allowed inside the container.", row => row.Details?.ThreadsMax);

        void Values(string name, string type, string help, Func<Row, double?> valueOf, string more = "") => WriteFamily(text, rows, name, type, help, valueOf, more);
    }

    private void WriteDisks(MetricsText text, List<Row> rows)
    {
        Traffic("container_fs_reads_bytes_total", "Cumulative count of bytes read", disk => disk.ReadBytes);
        Traffic("container_fs_reads_total", "Cumulative count of reads completed", disk => disk.Reads);
        Traffic("container_fs_writes_bytes_total", "Cumulative count of bytes written", disk => disk.WrittenBytes);
        Traffic("container_fs_writes_total", "Cumulative count of writes completed", disk => disk.Writes);
        Space("container_fs_inodes_free", "Number of available Inodes", row => row.FileSystem is { Inodes: > 0 } fs ? fs.InodesFree : null);
        Space("container_fs_inodes_total", "Number of Inodes", row => row.FileSystem is { Inodes: > 0 } fs ? fs.Inodes : null);
        Space("container_fs_limit_bytes", "Number of bytes that can be consumed by the container on this filesystem.", row => row.FileSystem?.CapacityBytes);
        Space("container_fs_usage_bytes", "Number of bytes that are consumed by the container on this filesystem.", row => row.DiskBytes);

        void Traffic(string name, string help, Func<DiskTraffic, long?> valueOf)
        {
            text.Family(name, Counter, help);
            foreach (var row in rows)
            {
                foreach (var disk in row.Details?.Disks ?? [])
                    Value(text, row, valueOf(disk), $",device=\"{devices.Find(disk.Device)}\"");
            }
        }

        void Space(string name, string help, Func<Row, long?> valueOf)
        {
            text.Family(name, Gauge, help);
            foreach (var row in rows)
                Value(text, row, valueOf(row), $",device=\"{row.Device}\"");
        }
    }

    private void WriteNetwork(MetricsText text, List<Row> rows)
    {
        Values("container_network_receive_bytes_total", "Cumulative count of bytes received", link => link.RxBytes);
        Values("container_network_receive_errors_total", "Cumulative count of errors encountered while receiving", link => link.RxErrors);
        Values("container_network_receive_packets_dropped_total", "Cumulative count of packets dropped while receiving", link => link.RxDropped);
        Values("container_network_receive_packets_total", "Cumulative count of packets received", link => link.RxPackets);
        Values("container_network_transmit_bytes_total", "Cumulative count of bytes transmitted", link => link.TxBytes);
        Values("container_network_transmit_errors_total", "Cumulative count of errors encountered while transmitting", link => link.TxErrors);
        Values("container_network_transmit_packets_dropped_total", "Cumulative count of packets dropped while transmitting", link => link.TxDropped);
        Values("container_network_transmit_packets_total", "Cumulative count of packets transmitted", link => link.TxPackets);

        void Values(string name, string help, Func<InterfaceUsage, long> valueOf)
        {
            text.Family(name, Counter, help);
            foreach (var row in rows)
            {
                foreach (var link in row.Network ?? [])
                    Value(text, row, valueOf(link), $",interface=\"{link.Name}\"");
            }
        }
    }

    private void WriteSpecs(MetricsText text, List<Row> rows)
    {
        Values("container_spec_cpu_period", "CPU period of the container.", row => row.Spec is null ? null : CpuQuota.PeriodMicroseconds);
        Values("container_spec_cpu_quota", "CPU quota of the container.", row => row.Spec is { CpuQuotaMicroseconds: > 0 and var quota } ? quota : null);
        Values("container_spec_cpu_shares", "CPU share of the container.", row => row.Spec?.CpuShares);

        // As in cAdvisor, zero is no limit.
        Values("container_spec_memory_limit_bytes", "Memory limit for the container.", row => row.Spec?.MemoryLimitBytes);
        Values("container_start_time_seconds", "Start time of the container since unix epoch in seconds.", row => row.StartedAt is { } started ? started.ToUnixTimeMilliseconds() / 1000.0 : null);

        void Values(string name, string help, Func<Row, double?> valueOf)
        {
            text.Family(name, Gauge, help);
            foreach (var row in rows)
            {
                if (valueOf(row) is { } value)
                    text.Sample(row.Labels, value);
            }
        }
    }

    private void WriteMachine(MetricsText text)
    {
        var labels = MetricsText.LabelsOf(("boot_id", machine.BootId), ("machine_id", machine.MachineId), ("system_uuid", machine.SystemUuid));
        Value("machine_cpu_cores", "Number of logical CPU cores.", machine.Cores);
        Value("machine_memory_bytes", "Amount of memory installed on the machine.", machine.MemoryBytes > 0 ? machine.MemoryBytes : null);
        Value("machine_swap_bytes", "Amount of swap memory available on the machine.", MachineUsage.ReadSwapCapacity());
        text.Family("machine_scrape_error", Gauge, "1 if there was an error while getting machine metrics, 0 otherwise.");
        text.Sample("", 0);

        void Value(string name, string help, long? value)
        {
            text.Family(name, Gauge, help);
            if (value is { } known)
                text.Sample(labels, known);
        }
    }

    private void WriteFamily(MetricsText text, List<Row> rows, string name, string type, string help, Func<Row, double?> valueOf, string more)
    {
        text.Family(name, type, help);
        foreach (var row in rows)
            Value(text, row, valueOf(row), more);
    }

    private void Value(MetricsText text, Row row, double? value, string more)
    {
        if (value is { } known)
            text.Sample(row.Labels + more, known, _time);
    }

    private static double? Seconds(long? nanoseconds) => nanoseconds / NanosecondsPerSecond;

    private Row RowOfMachine() => new(LabelsOf("", "/", "", "", "", ""))
    {
        Usage = sample.Machine,
        Network = sample.Network,
        StartedAt = MachineUsage.ReadBootTime(),
        FileSystem = disks?.NodeFs,
        DiskBytes = disks?.NodeFs?.UsedBytes,
        Device = devices.OfData,
    };

    private IEnumerable<Row> RowsOf(V1Pod pod, PodSandbox sandbox)
    {
        var (name, ns) = (pod.Metadata.Name, pod.Metadata.NamespaceProperty);
        var reading = sample.Readings.GetValueOrDefault(sandbox.PodUid);
        if (reading?.Usage is not null)
            yield return new Row(LabelsOf("", $"/{reading.Cgroup}", "", "", ns, name)) { Usage = reading.Usage, Processes = reading.Processes, StartedAt = sandbox.CreatedAt };
        if (reading?.Network is not null)
            yield return new Row(LabelsOf("", $"/{reading.CgroupOf(sandbox.Id)}", "", sandbox.Id, ns, name)) { Network = reading.Network };
        var storage = disks?.Pods.GetValueOrDefault(sandbox.PodUid);
        foreach (var container in sandbox.Running)
        {
            yield return new Row(LabelsOf(container.Name, reading is null ? "" : $"/{reading.CgroupOf(container.Id)}", container.Image, container.Id, ns, name))
            {
                Usage = sample.Containers[container.Id],
                Spec = container.Resources,
                StartedAt = container.StartedAt,
                FileSystem = storage is null ? null : disks!.ImageFs ?? disks.NodeFs,
                DiskBytes = storage?.Containers.GetValueOrDefault(container.Id)?.Root?.Bytes,
                Device = devices.OfImages,
            };
        }
    }

    private static string LabelsOf(string container, string id, string image, string name, string ns, string pod) =>
        MetricsText.LabelsOf(("container", container), ("id", id), ("image", image), ("name", name), ("namespace", ns), ("pod", pod));

    /// <summary>One thing that is measured. What does not apply to it is null.</summary>
    private sealed record Row(string Labels)
    {
        public ContainerUsage? Usage { get; init; }

        public UsageDetails? Details => Usage?.Details;

        public CgroupResources? Spec { get; init; }

        /// <summary>Whether its processor time is limited.</summary>
        public bool IsLimited => Spec is { CpuQuotaMicroseconds: > 0 };

        public long? Processes { get; init; }

        public IReadOnlyList<InterfaceUsage>? Network { get; init; }

        public DateTimeOffset? StartedAt { get; init; }

        public FileSystemUsage? FileSystem { get; init; }

        public long? DiskBytes { get; init; }

        public string Device { get; init; } = "";
    }
}
