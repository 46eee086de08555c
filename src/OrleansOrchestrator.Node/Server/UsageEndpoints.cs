using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Model.Statistics;
using OrleansOrchestrator.Node.Metrics;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Registration;
using OrleansOrchestrator.Node.Usage;

namespace OrleansOrchestrator.Node.Server;

/// <summary>Answers what the node and its pods use, and how their probes went, as the kubelet does.</summary>
/// <param name="pods">The pods.</param>
/// <param name="usage">Measures processor time and memory.</param>
/// <param name="machine">The properties of the machine.</param>
/// <param name="options">The node's options.</param>
/// <param name="runtimeVersion">The runtime's version.</param>
/// <param name="devices">The names of disks.</param>
internal sealed class UsageEndpoints(
    PodDirectory pods, UsageMeter usage, MachineInfo machine, NodeAgentOptions options, string runtimeVersion, DiskNames devices)
{
    /// <summary>What the node and its containers use.</summary>
    public async Task<IResult> SummarizeAsync(CancellationToken cancellationToken) => Results.Json(await usage.MeasureAsync(cancellationToken), StatsSummary.Json);

    /// <summary>The same under the names of cAdvisor.</summary>
    public async Task WriteCadvisorAsync(HttpContext context)
    {
        var sample = await usage.SampleAsync(context.RequestAborted);
        var disks = await usage.LookAtDisksAsync(context.RequestAborted);
        await WriteAsync(context, new CadvisorMetrics(sample, disks, machine, runtimeVersion, devices).Write);
    }

    /// <summary>The same, as far as autoscaling needs it.</summary>
    public async Task WriteResourcesAsync(HttpContext context)
    {
        var sample = await usage.SampleAsync(context.RequestAborted);
        await WriteAsync(context, text => ResourceMetrics.Write(text, sample));
    }

    /// <summary>How probes went.</summary>
    public Task WriteProbesAsync(HttpContext context) => WriteAsync(
        context, text => ProbeMetrics.Write(text, pods.Workers.Where(worker => worker.Pod is not null).Select(worker => (worker.Pod!, worker.Probes))));

    /// <summary>The node's options under the kubelet's names.</summary>
    public IResult ShowOptions(HttpContext context) => Results.Json(KubeletOptions.Of(options, context.Connection.LocalPort));

    private static async Task WriteAsync(HttpContext context, Action<MetricsText> write)
    {
        context.Response.ContentType = MetricsText.ContentType;
        write(new MetricsText(context.Response.BodyWriter));
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
