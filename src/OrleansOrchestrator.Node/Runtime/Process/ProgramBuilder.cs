using System.Globalization;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>Computes the words and the environment of a container's program.</summary>
internal static class ProgramBuilder
{
    public const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /// <summary>The words before a program: those that show it what is its own, and those that change its user.</summary>
    public static IReadOnlyList<string> WordsBefore(ContainerSpec spec) => [.. ResolverView.WordsOf(spec), .. UserWords(spec)];

    /// <summary>The words that change a program's user, groups and privileges, as far as it asks for that and the daemon may do so.</summary>
    public static IReadOnlyList<string> UserWords(ContainerSpec spec)
    {
        var security = spec.Security;
        var words = new List<string>();
        if (security.NoNewPrivileges)
            words.Add("--no-new-privs");
        if (System.Environment.IsPrivilegedProcess)
        {
            if (security.User is { } user)
                words.Add(string.Create(CultureInfo.InvariantCulture, $"--reuid={user}"));
            if ((security.Group ?? security.User) is { } group)
                words.Add(string.Create(CultureInfo.InvariantCulture, $"--regid={group}"));
            if (security.SupplementalGroups.Count > 0)
                words.Add($"--groups={string.Join(',', security.SupplementalGroups)}");
            else if (words.Exists(word => word.StartsWith("--re", StringComparison.Ordinal)))
                words.Add("--clear-groups");
            if (security.DropCapabilities.Count > 0 && !security.Privileged)
                words.Add($"--bounding-set={string.Join(',', security.DropCapabilities.Select(name => "-" + NameOf(name)).Concat(security.AddCapabilities.Select(name => "+" + NameOf(name))))}");
        }

        return words.Count == 0 ? [] : ["setpriv", .. words, "--"];
    }

    // The tool's names of capabilities.
    private static string NameOf(string capability) =>
        (capability.StartsWith("CAP_", StringComparison.Ordinal) ? capability[4..] : capability).ToLowerInvariant();

    /// <summary>The user of a container's program, if it differs from the daemon's and the daemon can change to it.</summary>
    public static string? OwnerOf(ContainerSpec spec) =>
        System.Environment.IsPrivilegedProcess ? spec.Security.User?.ToString(CultureInfo.InvariantCulture) : null;

    /// <summary>
    /// The container's environment, with a search path, the host name, and, because nothing is mounted, the path of each volume as
    /// <c>VOLUME_NAME</c> and that of the file for the last message as <c>TERMINATION_MESSAGE_FILE</c>.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Environment(ContainerSpec spec, string hostname)
    {
        var result = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = DefaultPath,
            ["HOSTNAME"] = hostname,
            ["HOME"] = System.Environment.GetEnvironmentVariable("HOME") ?? "/",
        };
        foreach (var mount in spec.Mounts.Where(m => m.Volume.Length > 0))
            result[$"VOLUME_{mount.Volume.ToUpperInvariant().Replace('-', '_')}"] = mount.Source;
        if (spec.TerminationMessagePath.Length > 0 && spec.Mounts.FirstOrDefault(m => m.Target == spec.TerminationMessagePath) is { } message)
            result["TERMINATION_MESSAGE_FILE"] = message.Source;
        foreach (var (name, value) in spec.Environment)
            result[name] = value;
        return result;
    }

    /// <summary>Checks conditions whose failure would be hard to understand later.</summary>
    /// <exception cref="RuntimeException">There is no command, or its program or folder does not exist.</exception>
    public static void Check(ContainerSpec spec)
    {
        if (spec.Command.Count == 0)
        {
            throw new RuntimeException(
                RuntimeException.CreateContainer,
                $"container \"{spec.Name}\" has no command: this node runs host processes, so the image \"{spec.Image}\" cannot tell what to run");
        }

        var program = spec.Command[0];
        var path = spec.Environment.LastOrDefault(e => e.Key == "PATH").Value ?? DefaultPath;
        var found = program.Contains('/', StringComparison.Ordinal)
            ? File.Exists(Path.Combine(spec.WorkingDirectory ?? "/", program))
            : path.Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));
        if (!found)
            throw new RuntimeException(RuntimeException.CreateContainer, $"exec: \"{program}\": executable file not found on the node");
        if (spec.WorkingDirectory is { } directory && !Directory.Exists(directory))
            throw new RuntimeException(RuntimeException.CreateContainer, $"the working directory \"{directory}\" does not exist on the node");
    }
}
