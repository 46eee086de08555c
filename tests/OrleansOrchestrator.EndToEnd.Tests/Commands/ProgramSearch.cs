namespace OrleansOrchestrator.EndToEnd.Tests.Commands;

/// <summary>Finds programs in PATH.</summary>
internal static class ProgramSearch
{
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);
}
