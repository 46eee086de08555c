using System.Text;
using System.Text.Json;

namespace OrleansOrchestrator.Gateway.Identity;

/// <summary>Writes a kubeconfig file with the administrator's credentials.</summary>
/// <remarks>https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/</remarks>
public static class KubeConfigFile
{
    /// <summary>The name of cluster, user and context in the file.</summary>
    public const string ContextName = "orchestrator";

    /// <summary>Writes the file, readable by its owner only. A concurrent reader sees the old file or the new one.</summary>
    /// <param name="path">The file; its folder is created if necessary.</param>
    /// <param name="server">The gateway's address, such as <c>https://127.0.0.1:6443</c>.</param>
    /// <param name="identity">The cluster.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, Uri server, ClusterIdentity identity)
    {
        var target = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var draft = $"{target}.{Guid.NewGuid():N}";
        try
        {
            var create = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                create.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var file = new FileStream(draft, create))
            {
                file.Write(Encoding.UTF8.GetBytes(Text(server, identity)));
                file.Flush(flushToDisk: true);
            }

            File.Move(draft, target, overwrite: true);
        }
        catch
        {
            File.Delete(draft);
            throw;
        }
    }

    /// <summary>The file's text.</summary>
    internal static string Text(Uri server, ClusterIdentity identity)
    {
        var authority = Convert.ToBase64String(Encoding.ASCII.GetBytes(identity.Authority.CertificatePem));
        return $"""
            apiVersion: v1
            kind: Config
            clusters:
            - name: {ContextName}
              cluster:
                server: {Quote(server.GetLeftPart(UriPartial.Authority))}
                certificate-authority-data: {authority}
            users:
            - name: {ContextName}
              user:
                token: {Quote(identity.AdminToken)}
            contexts:
            - name: {ContextName}
              context:
                cluster: {ContextName}
                user: {ContextName}
                namespace: default
            current-context: {ContextName}

            """;
    }

    // A JSON string is a valid YAML string.
    private static string Quote(string text) => JsonSerializer.Serialize(text);
}
