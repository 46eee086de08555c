using System.Text;
using System.Text.RegularExpressions;

namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>The shell scripts between the daemon and a container's program.</summary>
/// <remarks>
/// The wrapper leads a session of its own, so that it outlives the daemon. It writes its identity before the program starts and the
/// exit code afterwards, so that a later daemon knows both. The room for the code is taken before the program starts: a program that has
/// filled the disk still ends with its own code. It does not start the program of a sealed pod: the guard seals before it
/// looks for processes to kill, and the wrapper looks for the seal after it has written its identity. It passes a stop signal to the
/// program alone, as to the main process of a container, even if the signal comes before the program has started. At the end it kills
/// what the program left in its group and in its cgroup, and itself. The program's input is <c>stdin</c> in the folder: nothing, or a
/// pipe that the wrapper keeps open, so that the program does not see its end between two writers; on SIGUSR1 it closes the pipe. The
/// pod's environment takes effect only in the last stage, after the change of user: its variables (a search path, a preloaded library)
/// must not affect programs that run as the daemon's user.
/// </remarks>
internal static partial class ProcessWrapper
{
    /// <summary>The wrapper. Its first arguments are the container's folder and its cgroup (or an empty text); the rest is the
    /// program.</summary>
    public const string Script = """
        folder=$1
        cgroup=$2
        shift 2
        exec </dev/null >>"$folder/log" 2>&1
        exec 4<>"$folder/stdin" 5<"$folder/stdin"
        trap 'exec 4>&-' USR1
        [ -z "$cgroup" ] || echo $$ >"$cgroup/cgroup.procs"
        echo 137 >"$folder/exit.new" || exit
        echo "$$ $(cut -d ' ' -f 22 /proc/$$/stat)" >"$folder/pid.new" || exit
        mv "$folder/pid.new" "$folder/pid"
        [ ! -e "$folder/../sealed" ] || exit
        trap : INT HUP
        trap 'asked=1; [ -z "$program" ] || kill -TERM "$program" 2>/dev/null' TERM
        "$@" <&5 3<"$folder/environment" 4>&- 5<&- &
        program=$!
        [ -z "$asked" ] || kill -TERM "$program" 2>/dev/null
        wait "$program"
        code=$?
        while kill -0 "$program" 2>/dev/null; do
            wait "$program"
            code=$?
        done
        printf '%-3s\n' "$code" 1<>"$folder/exit.new"
        mv "$folder/exit.new" "$folder/exit"
        [ -z "$cgroup" ] || while read -r left; do
            [ "$left" = $$ ] || kill -KILL "$left" 2>/dev/null
        done <"$cgroup/cgroup.procs"
        kill -KILL 0
        """;

    /// <summary>Runs a command beside the program, with the same arguments.</summary>
    private const string ExecScript = """
        folder=$1
        cgroup=$2
        shift 2
        [ -z "$cgroup" ] || echo $$ >"$cgroup/cgroup.procs"
        exec "$@" 3<"$folder/environment"
        """;

    /// <summary>Opens a terminal, gives it to its user, and makes it the terminal of a new session in which a command runs.</summary>
    private const string TerminalScript = """
        terminal=$1
        owner=$2
        shift 2
        exec <>"$terminal" >&0 2>&0
        [ -z "$owner" ] || chown "$owner" "$terminal"
        exec setsid --ctty "$@"
        """;

    /// <summary>The last stage: reads the environment from an open file, because its user may not open the file.</summary>
    private const string LastStage = """
        eval "$(cat <&3)"
        exec 3<&-
        exec "$@"
        """;

    // Names that some shells reserve.
    private static readonly string[] Reserved = ["PPID", "UID", "EUID", "GROUPS", "SHELLOPTS", "BASHOPTS", "BASH_VERSINFO"];

    /// <summary>The words that run a program under the wrapper in a session of its own.</summary>
    /// <param name="folder">The container's folder.</param>
    /// <param name="cgroup">The container's cgroup; null without cgroups.</param>
    /// <param name="before">The words before the program, such as those that change the user; empty for none.</param>
    /// <param name="program">The program.</param>
    public static IEnumerable<string> Around(string folder, string? cgroup, IEnumerable<string> before, IEnumerable<string> program) =>
        ["setsid", "sh", "-c", Script, "container", folder, cgroup ?? "", .. before, "sh", "-c", LastStage, "container", .. program];

    /// <summary>The words that run other words in a session of their own.</summary>
    public static IReadOnlyList<string> InSession(IEnumerable<string> words) => ["setsid", .. words];

    /// <summary>The words that run other words in a session of their own, in a terminal.</summary>
    /// <param name="terminal">The terminal's device.</param>
    /// <param name="owner">The terminal's owner; null for the daemon's user.</param>
    /// <param name="words">The other words.</param>
    public static IReadOnlyList<string> InTerminal(string terminal, string? owner, IEnumerable<string> words) =>
        ["sh", "-c", TerminalScript, "terminal", terminal, owner ?? "", .. words];

    /// <summary>The words that run a command beside the program, with its user and environment.</summary>
    public static IReadOnlyList<string> Beside(string folder, string? cgroup, IEnumerable<string> before, IEnumerable<string> command) =>
        ["sh", "-c", ExecScript, "exec", folder, cgroup ?? "", .. before, "sh", "-c", LastStage, "exec", .. command];

    /// <summary>The file <c>environment</c>: a script for the last stage. Names that no shell accepts go through <c>env</c>.</summary>
    public static string EnvironmentScript(IReadOnlyDictionary<string, string> environment)
    {
        var script = new StringBuilder();
        var odd = new StringBuilder();
        foreach (var (name, value) in environment)
        {
            if (NamePattern().IsMatch(name) && !Reserved.Contains(name))
                script.Append("export ").Append(name).Append('=').Append(Quote(value)).Append('\n');
            else
                odd.Append(' ').Append(Quote($"{name}={value}"));
        }

        return odd.Length == 0 ? script.ToString() : script.Append("set -- /usr/bin/env").Append(odd).Append(" \"$@\"\n").ToString();
    }

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]*$")]
    private static partial Regex NamePattern();
}
