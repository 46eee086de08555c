using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>The node's own credentials for registries: the file in which Docker keeps them, where the kubelet looks for it too.</summary>
/// <remarks>It is read at every pull, so that a new one counts at once. Programs that keep credentials (<c>credsStore</c>,
/// <c>credHelpers</c>) are not run.</remarks>
/// <param name="files">The files, in their order; the first that can be read counts.</param>
/// <param name="logger">Receives faults.</param>
internal sealed partial class NodeRegistryConfig(IReadOnlyList<string> files, ILogger logger)
{
    private string? _fault;

    /// <summary>The usual places: the data folder, the present folder, and those of Docker's own client.</summary>
    /// <param name="dataDirectory">The daemon's data folder.</param>
    public static IReadOnlyList<string> FilesOf(string dataDirectory)
    {
        var home = System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile);
        return
        [
            .. new[] { dataDirectory, Directory.GetCurrentDirectory(), Path.Combine(home, ".docker"), "/.docker" }.Select(folder => Path.Combine(folder, "config.json")),
            .. new[] { dataDirectory, Directory.GetCurrentDirectory(), home, "/" }.Select(folder => Path.Combine(folder, ".dockercfg")),
        ];
    }

    /// <summary>The credentials for an image, the most specific first.</summary>
    public IReadOnlyList<RegistryCredential> Find(string image)
    {
        string? fault = null;
        foreach (var file in files.Where(File.Exists))
        {
            if (TryRead(file, ref fault) is not { } credentials)
                continue;
            Note(fault);
            return [.. RegistryConfig.For(image, credentials)];
        }

        Note(fault);
        return [];
    }

    private static IReadOnlyList<RegistryCredential>? TryRead(string file, ref string? fault)
    {
        try
        {
            var content = File.ReadAllBytes(file);
            var isOld = Path.GetFileName(file) == ".dockercfg";
            var credentials = RegistryConfig.TryParse(content, isOld);
            if (!isOld && NamesPrograms(content))
                fault ??= $"{file} names programs that keep credentials (credsStore, credHelpers), which a node does not run; only what is in its auths counts";
            else if (credentials is null)
                fault ??= $"{file} has no credentials that can be read";
            return credentials;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            fault ??= exception.Message;
            return null;
        }
    }

    private static bool NamesPrograms(byte[] content)
    {
        try
        {
            using var json = JsonDocument.Parse(content);
            return json.RootElement.ValueKind == JsonValueKind.Object
                && (json.RootElement.TryGetProperty("credsStore", out _) || json.RootElement.TryGetProperty("credHelpers", out _));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Logs a fault once.</summary>
    private void Note(string? fault)
    {
        if (fault is not null && fault != _fault)
            LogFault(fault);
        _fault = fault;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Credentials of this node for registries: {Fault}")]
    private partial void LogFault(string fault);
}
