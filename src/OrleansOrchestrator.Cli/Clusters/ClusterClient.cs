using k8s;
using OrleansOrchestrator.Cli.Failures;

namespace OrleansOrchestrator.Cli.Clusters;

/// <summary>The cluster that a kubeconfig names.</summary>
internal static class ClusterClient
{
    /// <summary>Does some work with a cluster.</summary>
    /// <exception cref="CommandException">The kubeconfig cannot be used.</exception>
    public static async Task<int> RunAsync(string kubeConfig, Func<Kubernetes, KubernetesClientConfiguration, Task> work)
    {
        KubernetesClientConfiguration configuration;
        try
        {
            configuration = KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeConfig);
        }
        catch (Exception unusable) when (unusable is not OutOfMemoryException)
        {
            // Whatever exception the library throws, the file is its cause.
            throw new CommandException($"cannot use the kubeconfig {kubeConfig}: {unusable.Message.ReplaceLineEndings(" ")}", unusable);
        }

        using var client = new Kubernetes(configuration);
        await work(client, configuration);
        return ExitCodes.Success;
    }
}
