using Microsoft.Win32.SafeHandles;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Volumes;

/// <summary>Gives everything in a volume to the pod's group (<c>fsGroup</c>), as the kubelet does.</summary>
internal static class VolumeOwnership
{
    private const UnixFileMode Shared = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;
    private const UnixFileMode SharedFolder = Shared | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.SetGroup;

    /// <param name="volume">The path of the volume.</param>
    /// <param name="group">The group.</param>
    /// <param name="changePolicy">The pod's <c>fsGroupChangePolicy</c>: with <c>OnRootMismatch</c> a volume whose root is right is left as
    /// it is.</param>
    /// <param name="cancellationToken">Ends the walk through a large volume.</param>
    /// <exception cref="IOException">The system refused.</exception>
    public static void Apply(string volume, long group, string? changePolicy, CancellationToken cancellationToken)
    {
        if (changePolicy == "OnRootMismatch")
        {
            using var root = FileCalls.Open(volume, FileCalls.PathOnly);
            if (!root.IsInvalid && IsRight(FileCalls.StateOf(root), group))
                return;
        }

        // The root comes last: it tells that the rest is right.
        VolumeWalk.Visit(volume, (handle, state) => Give(handle, state, group), cancellationToken);
    }

    private static bool IsRight(FileState state, long group) => state.Group == group && (state.Mode & WantedOf(state)) == WantedOf(state);

    private static void Give(SafeFileHandle handle, FileState state, long group)
    {
        if (state.Group != group)
            FileCalls.SetGroup(handle, group);
        if (state.Kind is FileKind.File or FileKind.Directory && (state.Mode & WantedOf(state)) != WantedOf(state))
            File.SetUnixFileMode(FileCalls.PathTo(handle), state.Mode | WantedOf(state));
    }

    private static UnixFileMode WantedOf(FileState state) => state.Kind == FileKind.Directory ? SharedFolder : Shared;
}
