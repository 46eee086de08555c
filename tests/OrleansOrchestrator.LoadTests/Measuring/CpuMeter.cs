using System.Diagnostics;

namespace OrleansOrchestrator.LoadTests.Measuring;

/// <summary>Measures a step: its time, and the processor time of all processes that take part.</summary>
internal sealed class CpuMeter
{
    /// <summary>What this process, which sends the requests, is called.</summary>
    public const string Client = "client";

    private readonly IReadOnlyList<ProcessGroup> _processes;
    private readonly double[] _before;
    private readonly TimeSpan _clientBefore = Process.GetCurrentProcess().TotalProcessorTime;
    private readonly long _started;

    public CpuMeter(IReadOnlyList<ProcessGroup> processes)
    {
        _processes = processes;
        _before = [.. processes.Select(process => process.CpuSeconds())];
        _started = Stopwatch.GetTimestamp();
    }

    /// <summary>Ends the step.</summary>
    /// <param name="work">What was done.</param>
    /// <param name="latencies">How long its requests took.</param>
    public Measurement Stop(string work, Latencies latencies)
    {
        var seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        var (succeeded, failed, p50, p99) = latencies.Summarize();
        return Stop(new Measurement(work, succeeded, failed, seconds) { P50 = p50, P99 = p99 });
    }

    /// <summary>Ends a step whose time and count are known.</summary>
    public Measurement Stop(Measurement measured)
    {
        var client = (Process.GetCurrentProcess().TotalProcessorTime - _clientBefore).TotalSeconds;
        var cpu = _processes.Select((process, i) => (process.Name, process.CpuSeconds() - _before[i])).Append((Client, client));
        return measured with
        {
            Load = Machine.Load(),
            Cpu = [.. cpu.GroupBy(use => use.Item1).Select(group => (group.Key, group.Sum(use => use.Item2) * 1e6 / Math.Max(1, measured.Count)))],
        };
    }
}
