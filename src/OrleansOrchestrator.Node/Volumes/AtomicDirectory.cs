using System.Globalization;
using System.Security.Cryptography;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>A directory whose files change atomically, so that a container never reads a partial update.</summary>
/// <remarks>
/// The files are in a hidden directory; <c>..data</c> is a symbolic link to it that a rename replaces, and the visible names are links
/// through <c>..data</c>. Users of Kubernetes know this layout.
/// </remarks>
internal sealed class AtomicDirectory(string path)
{
    private const string VersionPrefix = "..";
    private const string DataLink = "..data";
    private const UnixFileMode DirectoryMode = (UnixFileMode)0b111_101_101; // 0755

    /// <summary>Sets the content of the directory; does nothing if it is already that.</summary>
    /// <param name="files">The new content.</param>
    /// <param name="group">The group that owns and may read the files, or null.</param>
    public void Write(IReadOnlyList<VolumeFile> files, long? group)
    {
        foreach (var file in files)
            EnsureInside(file.Path);
        Directory.CreateDirectory(path, DirectoryMode);
        var version = VersionPrefix + Hash(files);
        var dataLink = Path.Combine(path, DataLink);
        if (new FileInfo(dataLink).LinkTarget != version || !IsDirectory(Path.Combine(path, version)))
            Swap(files, group, version, dataLink);

        // Also for a content whose swap was the last thing that a daemon did.
        LinkVisibleNames(files);
        foreach (var entry in Directory.EnumerateFileSystemEntries(path, VersionPrefix + "*"))
        {
            if (Path.GetFileName(entry) is not DataLink and var name && name != version)
                FolderTree.Remove(entry);
        }
    }

    /// <summary>Whether the directory shows something.</summary>
    public bool HasContent => Directory.Exists(Path.Combine(path, DataLink));

    private void Swap(IReadOnlyList<VolumeFile> files, long? group, string version, string dataLink)
    {
        // Created where only the daemon can write, and moved here as a whole: no name in this directory is followed in between.
        var staging = path + ".new";
        FolderTree.Remove(staging);
        Directory.CreateDirectory(staging, DirectoryMode);
        foreach (var file in files)
            WriteFile(Path.Combine(staging, file.Path), file, group);
        FolderTree.Remove(Path.Combine(path, version));
        FileCalls.Replace(staging, Path.Combine(path, version));

        var newLink = Path.Combine(path, "..data_tmp");
        FolderTree.Remove(newLink);
        File.CreateSymbolicLink(newLink, version);
        if (IsDirectory(dataLink))
            FolderTree.Remove(dataLink);
        FileCalls.Replace(newLink, dataLink);
    }

    /// <summary>Whether an entry is a directory and not a link to one.</summary>
    private static bool IsDirectory(string entry) => new DirectoryInfo(entry) is { Exists: true, LinkTarget: null };

    private static void WriteFile(string target, VolumeFile file, long? group)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!, DirectoryMode);
        File.WriteAllBytes(target, file.Content);
        File.SetUnixFileMode(target, (UnixFileMode)(group is null ? file.Mode : file.Mode | 0b100_000));
        if (file.Owner is { } owner)
            FileCalls.SetOwner(target, owner, group);
        else if (group is { } id)
            FileCalls.SetGroup(target, id);
    }

    private void LinkVisibleNames(IReadOnlyList<VolumeFile> files)
    {
        var names = files.Select(f => f.Path.Split('/')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var name in names.Where(n => new FileInfo(Path.Combine(path, n)).LinkTarget != $"{DataLink}/{n}"))
        {
            FolderTree.Remove(Path.Combine(path, name));
            File.CreateSymbolicLink(Path.Combine(path, name), $"{DataLink}/{name}");
        }

        foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos()
            .Where(e => !e.Name.StartsWith("..", StringComparison.Ordinal) && !names.Contains(e.Name)))
        {
            FolderTree.Remove(entry.FullName);
        }
    }

    private static void EnsureInside(string file)
    {
        if (Path.IsPathRooted(file) || file.Split('/').Contains("..") || file.StartsWith("..", StringComparison.Ordinal))
            throw new ConfigurationException($"the path '{file}' of a volume file leaves the volume");
    }

    private static string Hash(IReadOnlyList<VolumeFile> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture, $"{file.Path}\0{file.Mode}\0{file.Content.Length}\0")));
            hash.AppendData(file.Content);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 12));
    }
}
