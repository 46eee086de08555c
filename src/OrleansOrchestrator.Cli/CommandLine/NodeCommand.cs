using System.CommandLine;
using OrleansOrchestrator.Cli.Configuration;
using OrleansOrchestrator.Cli.Nodes;
using OrleansOrchestrator.Kinds.Bootstrap;
using OrleansOrchestrator.Node.Identity;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary><c>orchestrator node</c>: the daemon that runs pods on this machine.</summary>
internal static class NodeCommand
{
    public static Command Create()
    {
        var kubeConfig = EnvironmentOption.Create("--kubeconfig", "File that says where the API is and how to log in; a node that joins keeps it there", "");
        var bootstrap = EnvironmentOption.Create("--bootstrap-kubeconfig", "File that says where the API is, with a token to join by", "");
        var server = EnvironmentOption.Create("--server", "Address of the API of the cluster to join", "").AsServer();
        var token = EnvironmentOption.CreateSecret("--token", "Token to join by, from \"orchestrator token create\"");
        var hash = EnvironmentOption.Create("--ca-hash", "Hash of the cluster's authority, as in sha256:…, by which the node knows the cluster", "").AsHashes();
        var name = EnvironmentOption.Create("--name", "Name of the node", Environment.MachineName.ToLowerInvariant());
        var runtime = CommonOptions.Runtime();
        var tunnel = EnvironmentOption.Create("--tunnel", "Let the control plane reach this node through a connection that the node opens", false);
        var manifests = EnvironmentOption.Create("--pod-manifest-path", "Folder with the manifests of pods that the node runs by itself (static pods), or the file of one", "");
        var manifestUrl = EnvironmentOption.Create("--manifest-url", "URL that answers with such a pod, or with a list of them", "")
            .Checked(static value => Uri.TryCreate(value, UriKind.Absolute, out _), "a URL");
        var data = CommonOptions.Data();
        var config = CommonOptions.Config();
        var verbosity = CommonOptions.Verbosity();

        var command = new Command("node", "Run the node daemon: takes the pods assigned to this machine and runs them.")
        {
            kubeConfig, bootstrap, server, token, hash, name, runtime, tunnel, manifests, manifestUrl, data, config, verbosity,
        };
        command.Validators.Add(result =>
        {
            var (file, address) = (result.GetValue(bootstrap), result.GetValue(server));
            if (string.IsNullOrEmpty(result.GetValue(kubeConfig)) && string.IsNullOrEmpty(file) && string.IsNullOrEmpty(address))
                result.AddError("--kubeconfig, --bootstrap-kubeconfig or --server is required");
            if (!string.IsNullOrEmpty(file) && !string.IsNullOrEmpty(address))
                result.AddError("--bootstrap-kubeconfig and --server exclude each other");
            if (EnvironmentOption.SecretOf(result, token) is { } secret && BootstrapToken.Parse(secret) is null)
                result.AddError("--token must be a token such as abcdef.0123456789abcdef");
        });
        command.SetAction((parsed, cancellationToken) => NodeProcess.RunAsync(
            new NodeSettings(
                parsed.GetRequiredValue(kubeConfig),
                JoinOf(parsed, kubeConfig, bootstrap, server, token, hash, data),
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

    /// <summary>How the node joins; null if it logs in as the kubeconfig says.</summary>
    private static JoinSettings? JoinOf(
        ParseResult parsed, Option<string> kubeConfig, Option<string> bootstrap, Option<string> server, Option<string?> token, Option<string> hash, Option<string> data)
    {
        var (file, address) = (parsed.GetRequiredValue(bootstrap), parsed.GetRequiredValue(server));
        if (file.Length == 0 && address.Length == 0)
            return null;
        var kept = parsed.GetRequiredValue(kubeConfig);
        return new JoinSettings
        {
            Server = address.Length > 0 ? new Uri(address) : null,
            Token = EnvironmentOption.SecretOf(parsed.CommandResult, token),
            AuthorityHashes = Hashes(parsed.GetRequiredValue(hash)),
            BootstrapKubeConfig = file.Length > 0 ? file : null,
            KubeConfig = kept.Length > 0 ? kept : Path.Combine(parsed.GetRequiredValue(data), "node.kubeconfig"),
            CertificateDirectory = Path.Combine(parsed.GetRequiredValue(data), "node", "pki"),
        };
    }

    private static Option<string> AsServer(this Option<string> option) => option.Checked(
        static value => Uri.TryCreate(value, UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps, "an address such as https://10.0.0.1:6443");

    private static Option<string> AsHashes(this Option<string> option) => option.Checked(
        static value => Hashes(value).All(ClusterInfo.IsPin), "sha256: and 64 hexadecimal digits");

    private static string[] Hashes(string value) => value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static Option<string> Checked(this Option<string> option, Func<string, bool> isGood, string form)
    {
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string>() is { Length: > 0 } value && !isGood(value))
                result.AddError($"{option.Name} must be {form}, not \"{value}\"");
        });
        return option;
    }
}
