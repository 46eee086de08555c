using System.Collections;
using System.Runtime.InteropServices;

namespace OrleansOrchestrator.Cli.Processes;

/// <summary>Settings of the runtime for a process that is to be small, and has little to do.</summary>
/// <remarks>
/// The executable is configured for silos: collectors that take memory to save time. Settings of the runtime are read once, when it
/// starts, so that the process begins anew with other ones, under the same id.
/// </remarks>
internal static partial class SmallRuntime
{
    // Tells the process that has begun anew.
    private const string Mark = "ORCHESTRATOR_SMALL_RUNTIME";

    private static readonly (string Name, string Value)[] Settings =
    [
        // One heap without threads of its own, collected after 2 MB, and kept dense.
        ("DOTNET_gcServer", "0"),
        ("DOTNET_gcConcurrent", "0"),
        ("DOTNET_GCgen0size", "200000"),
        ("DOTNET_GCConserveMemory", "7"),
        // Code that is measured while it runs is kept several times.
        ("DOTNET_TieredPGO", "0"),
        // The C library keeps a heap for each thread by itself.
        ("MALLOC_ARENA_MAX", "1"),
        (Mark, "1"),
    ];

    /// <summary>Begins anew with these settings, unless that was done. What the user has set stays.</summary>
    /// <remarks>Returns if it was done, and if it cannot be: the process then is larger, and works as well.</remarks>
    public static void Enter()
    {
        if (Environment.GetEnvironmentVariable(Mark) is not null || Environment.ProcessPath is not { } program)
            return;
        var words = File.ReadAllText("/proc/self/cmdline").Split('\0')[..^1];
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value, StringComparer.Ordinal);
        foreach (var (name, value) in Settings)
            environment.TryAdd(name, value);
        _ = Execute(program, [.. words, null], [.. environment.Select(variable => $"{variable.Key}={variable.Value}"), null]);
    }

    [LibraryImport("libc", EntryPoint = "execve", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Execute(string program, string?[] words, string?[] environment);
}
