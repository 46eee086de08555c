namespace OrleansOrchestrator.Testing.Programs;

/// <summary>Finds programs in PATH.</summary>
public static class ProgramSearch
{
    /// <summary>The path of a program, or null if there is none of this name.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
}
