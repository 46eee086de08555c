using System.Formats.Tar;

namespace OrleansOrchestrator.EndToEnd.Tests.Clusters;

/// <summary>The Docker engine of this machine, and an image for it that needs no registry.</summary>
internal static class DockerEngine
{
    /// <summary>An image around the statically linked busybox of this machine.</summary>
    public const string Image = "orchestrator-e2e/busybox:1";

    private const string Busybox = "/bin/busybox";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static readonly string[] Folders = ["bin", "tmp", "etc", "proc", "sys", "dev", "var", "root"];

    // An engine neither comes nor goes while the tests run, and the image is the same for all of them.
    private static readonly Lazy<Task<string?>> Missing = new(SearchAsync);
    private static readonly Lazy<Task> Imported = new(() => ImportImageAsync(null));

    /// <summary>Why no containers can be run here, or null if they can.</summary>
    public static Task<string?> FindMissingAsync() => Missing.Value;

    /// <summary>Makes the image, unless it has been made already.</summary>
    public static Task ImportImageAsync() => Imported.Value;

    /// <summary>Makes the image in an engine, unless it has it.</summary>
    /// <param name="host">Where the engine is; null for that of this machine.</param>
    public static async Task ImportImageAsync(string? host)
    {
        string[] engine = host is null ? [] : ["--host", host];
        if ((await RunAsync([.. engine, "image", "inspect", Image])).ExitCode == 0)
            return;
        using var scratch = new Scratch();
        var archive = scratch.At("busybox.tar");
        await WriteArchiveAsync(archive);
        var imported = await RunAsync([.. engine, "import", "--change", "ENV PATH=/bin", archive, Image]);
        imported.ExitCode.ShouldBe(0, imported.ToString());
    }

    /// <summary>Containers, running or not, whose name, labels or mounts mention a text.</summary>
    public static async Task<IReadOnlyList<string>> ContainersMentioningAsync(string text)
    {
        var listed = await RunAsync("ps", "--all", "--no-trunc", "--format", "{{.ID}} {{.Names}} {{.Status}} {{.Labels}} {{.Mounts}}");
        return [.. listed.Lines.Where(line => line.Contains(text, StringComparison.Ordinal))];
    }

    /// <summary>Ends a container's main process like a crash.</summary>
    public static async Task KillAsync(string containerId) => (await RunAsync("kill", containerId)).ExitCode.ShouldBe(0);

    /// <summary>Removes a container, running or not.</summary>
    public static Task RemoveAsync(string containerId) => RunAsync("rm", "--force", "--volumes", containerId);

    private static async Task<string?> SearchAsync()
    {
        if (ProgramSearch.Find("docker") is null)
            return "docker is not in PATH";
        if (!File.Exists(Busybox))
            return $"{Busybox} is missing (package busybox-static)";
        var info = await RunAsync("info", "--format", "{{.ServerVersion}}");
        return info.ExitCode == 0 ? null : $"no Docker engine answers: {info.Errors.Trim()}";
    }

    private static async Task<CommandResult> RunAsync(params string[] arguments)
    {
        await using var command = RunningCommand.Start("docker", arguments);
        return await command.WaitAsync(Timeout);
    }

    private static async Task WriteArchiveAsync(string archive)
    {
        await using var applets = RunningCommand.Start(Busybox, ["--list"]);
        var names = (await applets.WaitAsync(Timeout)).Lines;
        await using var file = File.Create(archive);
        await using var tar = new TarWriter(file, TarEntryFormat.Pax);
        foreach (var folder in Folders)
        {
            var mode = folder == "tmp" ? (UnixFileMode)0b1_111_111_111 : (UnixFileMode)0b111_101_101;
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.Directory, folder + "/") { Mode = mode });
        }

        await tar.WriteEntryAsync(Busybox, "bin/busybox");
        foreach (var name in names.Where(name => name != "busybox"))
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.SymbolicLink, $"bin/{name}") { LinkName = "busybox" });
    }
}
