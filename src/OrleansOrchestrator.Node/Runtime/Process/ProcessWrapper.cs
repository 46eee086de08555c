namespace OrleansOrchestrator.Node.Runtime.Process;

/// <summary>The shell script that stands between the daemon and a container's program.</summary>
/// <remarks>
/// It leads a session of its own, so it outlives the daemon; it says who it is before the program starts and how the
/// program ended after, so a later daemon knows both. A request to end is handed to the program alone, as to the first
/// process of a container, even if it comes before the program has started. At the end the script kills what the program
/// left behind in the group, and itself.
/// </remarks>
internal static class ProcessWrapper
{
    /// <summary>The script; its first argument is the container's folder, the rest is the program.</summary>
    public const string Script = """
        folder=$1
        shift
        exec </dev/null >>"$folder/log" 2>&1
        echo "$$ $(cut -d ' ' -f 22 /proc/$$/stat)" >"$folder/pid.new"
        mv "$folder/pid.new" "$folder/pid"
        trap : INT HUP
        trap 'asked=1; [ -z "$program" ] || kill -TERM "$program" 2>/dev/null' TERM
        "$@" &
        program=$!
        [ -z "$asked" ] || kill -TERM "$program" 2>/dev/null
        wait "$program"
        code=$?
        while kill -0 "$program" 2>/dev/null; do
            wait "$program"
            code=$?
        done
        echo "$code" >"$folder/exit.new"
        mv "$folder/exit.new" "$folder/exit"
        kill -KILL 0
        """;

    /// <summary>The words that run a program under the script in a session of its own.</summary>
    public static IEnumerable<string> Around(string folder, IEnumerable<string> program) =>
        ["setsid", "sh", "-c", Script, "container", folder, .. program];
}
