using System.CommandLine;
using OrleansOrchestrator.Cli.Configuration;
using OrleansOrchestrator.Cli.Nodes;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary><c>orchestrator node</c>: the daemon that runs pods on this machine.</summary>
internal static class NodeCommand
{
    public static Command Create()
    {
        var kubeConfig = EnvironmentOption.Create("--kubeconfig", "File that says where the API is and how to log in", "");
        kubeConfig.Validators.Add(result =>
        {
            if (string.IsNullOrEmpty(result.GetValueOrDefault<string>()))
                result.AddError("--kubeconfig is required");
        });
        var name = EnvironmentOption.Create("--name", "Name of the node", Environment.MachineName.ToLowerInvariant());
        var runtime = CommonOptions.Runtime();
        var tunnel = EnvironmentOption.Create("--tunnel", "Let the control plane reach this node through a connection that the node opens", false);
        var manifests = EnvironmentOption.Create("--pod-manifest-path", "Folder with the manifests of pods that the node runs by itself (static pods), or the file of one", "");
        var manifestUrl = EnvironmentOption.Create("--manifest-url", "URL that answers with such a pod, or with a list of them", "");
        manifestUrl.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { Length: > 0 } said && !Uri.TryCreate(said, UriKind.Absolute, out _))
                result.AddError($"--manifest-url must be a URL, not \"{said}\"");
        });
        var data = CommonOptions.Data();
        var config = CommonOptions.Config();
        var verbosity = CommonOptions.Verbosity();

        var command = new Command("node", "Run the node daemon: takes the pods assigned to this machine and runs them.")
        {
            kubeConfig, name, runtime, tunnel, manifests, manifestUrl, data, config, verbosity,
        };
        command.SetAction((parsed, cancellationToken) => NodeProcess.RunAsync(
            new NodeSettings(
                parsed.GetRequiredValue(kubeConfig),
                parsed.GetRequiredValue(name),
                parsed.GetRequiredValue(runtime),
                parsed.GetRequiredValue(tunnel),
                parsed.GetRequiredValue(manifests),
                parsed.GetRequiredValue(manifestUrl),
                parsed.GetRequiredValue(data),
                CommonOptions.VerbosityOf(parsed),
                OperatorOptions.Read(parsed.GetRequiredValue(config))),
            cancellationToken));
        return command;
    }
}
