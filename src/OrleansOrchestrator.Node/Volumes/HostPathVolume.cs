using k8s.Models;
using OrleansOrchestrator.Node.Configuration;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>Checks the node's path of a volume and, if its type says so, creates it.</summary>
internal static class HostPathVolume
{
    private const UnixFileMode NewDirectoryMode = (UnixFileMode)0b111_101_101; // 0755

    public static string Prepare(V1HostPathVolumeSource source)
    {
        var path = source.Path;
        switch (source.Type)
        {
            case "DirectoryOrCreate":
                Directory.CreateDirectory(path, NewDirectoryMode);
                break;
            case "FileOrCreate":
                using (File.Open(path, FileMode.OpenOrCreate))
                    break;
            case "Directory" when !Directory.Exists(path):
                throw new ConfigurationException($"hostPath type check failed: {path} is not a directory");
            case "File" when !File.Exists(path):
                throw new ConfigurationException($"hostPath type check failed: {path} is not a file");
            case "Socket" or "CharDevice" or "BlockDevice" when !Path.Exists(path):
                throw new ConfigurationException($"hostPath type check failed: {path} does not exist");
        }

        return path;
    }
}
