namespace OrleansOrchestrator.Node.Runtime;

/// <summary>The images that volumes of pods show. No container is made from them, so that no engine knows that they are in use.</summary>
/// <remarks>A file in the folder of the pod names each of them: it goes with the pod, and a later daemon finds it.</remarks>
internal static class ShownImages
{
    private const string Folder = "images";

    /// <summary>Records the image of a volume before it is mounted.</summary>
    public static void Note(string podDirectory, string volume, string imageId)
    {
        var folder = Directory.CreateDirectory(Path.Combine(podDirectory, Folder)).FullName;
        File.WriteAllText(Path.Combine(folder, volume), imageId);
    }

    /// <summary>The ids of all that are shown.</summary>
    /// <param name="dataDirectory">The daemon's folder.</param>
    public static HashSet<string> Find(string dataDirectory)
    {
        var pods = new DirectoryInfo(Path.Combine(dataDirectory, "pods"));
        return pods.Exists ? pods.EnumerateDirectories().SelectMany(pod => ShownBy(pod.FullName)).ToHashSet(StringComparer.Ordinal) : [];
    }

    private static string[] ShownBy(string podDirectory)
    {
        var folder = Path.Combine(podDirectory, Folder);
        try
        {
            return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Select(File.ReadAllText)] : [];
        }
        catch (Exception exception) when (exception is DirectoryNotFoundException or FileNotFoundException)
        {
            // The pod is being removed.
            return [];
        }
    }
}
