using k8s;
using k8s.KubeConfigModels;
using OrleansOrchestrator.Cli.Failures;
using YamlDotNet.Serialization;

namespace OrleansOrchestrator.Cli.Nodes;

/// <summary>Reads the daemon's kubeconfig.</summary>
/// <remarks>
/// The client library's own reader prepares for every kind of object, by reflection, and keeps 8 MB of that for ever: a tenth of what the
/// daemon takes.
/// </remarks>
internal static class NodeKubeConfig
{
    /// <exception cref="CommandException">The file cannot be used.</exception>
    public static KubernetesClientConfiguration Read(string path)
    {
        try
        {
            var file = Path.GetFullPath(path);
            var content = new DeserializerBuilder().IgnoreUnmatchedProperties().Build().Deserialize<K8SConfiguration>(File.ReadAllText(file))
                ?? throw new InvalidDataException("it is empty");
            // Other files that it names are found from it.
            content.FileName = file;
            return KubernetesClientConfiguration.BuildConfigFromConfigObject(content);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // Whatever exception the library throws, the file is its cause.
            throw new CommandException($"cannot use the kubeconfig {path}: {exception.Message.ReplaceLineEndings(" ")}", exception);
        }
    }
}
