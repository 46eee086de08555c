using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Server;

/// <summary>The node's options in the form of the kubelet's <c>/configz</c>: those that the kubelet has too, under its names.</summary>
/// <remarks>https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/</remarks>
internal static class KubeletOptions
{
    public static JsonObject Of(NodeAgentOptions options, int port) => new()
    {
        ["kubeletconfig"] = new JsonObject
        {
            ["apiVersion"] = "kubelet.config.k8s.io/v1beta1",
            ["kind"] = "KubeletConfiguration",
            ["port"] = port,
            ["syncFrequency"] = Text(options.SyncPeriod),
            ["nodeStatusReportFrequency"] = Text(options.StatusPeriod),
            ["nodeLeaseDurationSeconds"] = (int)options.Times.LeaseDuration.TotalSeconds,
            ["streamingConnectionIdleTimeout"] = Text(options.StreamIdleTime),
            ["runtimeRequestTimeout"] = Text(options.RuntimeRequestTimeout),
            ["containerRuntimeEndpoint"] = options.ContainerRuntimeEndpoint.ToString(),
            ["maxPods"] = options.MaxPods,
            ["podPidsLimit"] = options.PodPidsLimit,
            ["clusterDomain"] = options.ClusterDomain,
            ["clusterDNS"] = new JsonArray([.. options.ClusterDns.Select(server => JsonValue.Create(server))]),
            ["resolvConf"] = options.ResolvConf,
            ["seccompDefault"] = options.SeccompDefault,
            ["volumeStatsAggPeriod"] = Text(options.VolumeStatsAggPeriod),
            ["imageMinimumGCAge"] = Text(options.ImageMinimumGCAge),
            ["imageMaximumGCAge"] = Text(options.ImageMaximumGCAge),
            ["imageGCHighThresholdPercent"] = options.ImageGCHighThresholdPercent,
            ["imageGCLowThresholdPercent"] = options.ImageGCLowThresholdPercent,
            ["evictionHard"] = Map(options.EvictionHard),
            ["evictionSoft"] = Map(options.EvictionSoft),
            ["evictionSoftGracePeriod"] = Map(options.EvictionSoftGracePeriod.Select(one => KeyValuePair.Create(one.Key, Text(one.Value)))),
            ["evictionMinimumReclaim"] = Map(options.EvictionMinimumReclaim),
            ["evictionPressureTransitionPeriod"] = Text(options.EvictionPressureTransitionPeriod),
            ["evictionMaxPodGracePeriod"] = (int)options.EvictionMaxPodGracePeriod.TotalSeconds,
            ["systemReserved"] = Map(options.SystemReserved),
            ["kubeReserved"] = Map(options.KubeReserved),
            ["shutdownGracePeriod"] = Text(options.ShutdownGracePeriod),
            ["shutdownGracePeriodCriticalPods"] = Text(options.ShutdownGracePeriodCriticalPods),
            ["shutdownGracePeriodByPodPriority"] = new JsonArray([.. options.ShutdownGracePeriodByPodPriority.Select(period => new JsonObject
            {
                ["priority"] = period.Priority,
                ["shutdownGracePeriodSeconds"] = period.ShutdownGracePeriodSeconds,
            })]),
            ["crashLoopBackOff"] = new JsonObject { ["maxContainerRestartPeriod"] = Text(options.RestartDelayMax) },
        },
    };

    private static string Text(TimeSpan duration) => GoDuration.Format(duration);

    private static JsonObject Map(IEnumerable<KeyValuePair<string, string>> values) =>
        new(values.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => KeyValuePair.Create(one.Key, (JsonNode?)JsonValue.Create(one.Value))));
}
