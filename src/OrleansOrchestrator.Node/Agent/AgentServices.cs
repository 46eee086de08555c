using System.Net;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Events;
using OrleansOrchestrator.Node.Leases;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Registration;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Hollow;
using OrleansOrchestrator.Node.Telemetry;

namespace OrleansOrchestrator.Node.Agent;

/// <summary>What all parts of a daemon share.</summary>
internal sealed class AgentServices
{
    public required NodeAgentOptions Options { get; init; }

    public required ClusterConnection Api { get; init; }

    /// <summary>The machine, as it was at the start.</summary>
    public required MachineInfo Machine { get; init; }

    /// <summary>What the machine offers to pods.</summary>
    public required NodeResources Offered { get; init; }

    /// <summary>The node's address, known to the cluster.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The container runtime itself.</summary>
    public required IContainerRuntime Engine { get; init; }

    public required NodeInstruments Instruments { get; init; }

    public required EventRecorder Events { get; init; }

    public required AgentLoops Loops { get; init; }

    public required TimeProvider TimeProvider { get; init; }

    /// <summary>The clock of waits: its time of day is nobody else's.</summary>
    public required SteadyClock Steady { get; init; }

    public required ILoggerFactory Loggers { get; init; }

    /// <summary>The same with its calls measured.</summary>
    public required MeasuredRuntime Runtime { get; init; }

    /// <summary>Whether pods only seem to run. Thousands of such nodes share a process, and nothing of them is kept on disk.</summary>
    public bool IsHollow => Engine is HollowRuntime;

    /// <summary>A file or folder in the daemon's data folder.</summary>
    public string PathOf(string name) => Path.Combine(Options.DataDirectory, name);
}
